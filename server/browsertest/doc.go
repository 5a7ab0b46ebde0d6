// Package browsertest drives the real program with a real browser: the parley binary on
// a loopback port, and Chromium with a fresh profile for each test. Its tests touch what
// people touch, and wait for states, never for time to pass.
//
// A test begins with
//
//	p := browsertest.Open(t, "/")
//
// and has a page of its own site; what it wrote to its console as an error, and what
// its Content-Security-Policy refused, fails the test when it ends, unless p.Expect
// said that it would happen. A test that fails leaves a screenshot under
// build/failures.
//
// Chromium is looked for under the name in the environment variable PARLEY_CHROMIUM,
// otherwise as chromium, chromium-browser or google-chrome.
package browsertest
