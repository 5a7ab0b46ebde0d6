// Package app is the page: the Vugu components, and the model behind them.
//
// The model (model.go, play.go, act.go, …) is plain Go. It knows which run is open,
// which moment is shown, what was chosen and what was asked of the engine, and it
// moves on by four things only: a frame arrives ([Model.Receive]), time passes
// ([Model.Tick]), somebody does something (the exported methods that components
// call), the engine is lost ([Model.Lose]). It reaches the outside through two small
// interfaces, [Link] and [Keeper], so all of it is tested without a browser.
//
// A component receives a finished view (screen_*.go make them: texts, numbers, what is
// chosen, what can be pressed) and calls the model's methods; it decides nothing. What
// moves is drawn by package scene in hosts that the components leave alone. The files
// that end in _js.go are what needs a browser: the loop, the keyboard, the worker.
package app

//go:generate go tool vugugen -skip-go-mod -skip-main .
//go:generate gofmt -w .
//go:generate go run ../vuguhelper/vugutrim .
//go:generate gofmt -w .
