// Package view turns a trace and a moment into what is on the page: the state of the
// cluster, the sentences of the feed, the rows of the inspector, the geometry and the
// colours. It is plain Go without a browser and without an engine.
package view
