// Package view turns a trace and a moment into what is on the page: the state of the
// cluster, the sentences of the feed, the rows of the inspector, the headline, the
// timeline, the colours and the numbers. It is plain Go without a browser and without
// an engine.
//
// A [Store] holds the trace. It folds it with checkpoints, so that the state of any
// moment is near, and keeps an index of what is told, so that no part of the page ever
// looks through the whole trace. All else is a function of the store and a [Cursor].
// What an algorithm is called and why it does what it does comes from its Protocol,
// all other words from package texts.
package view
