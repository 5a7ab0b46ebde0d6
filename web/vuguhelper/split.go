package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
)

// Where the instructions are carried out in Vugu's script: one switch, a block a case.
const (
	switchBegins = "                switch (opcode) {\n"
	switchEnds   = "                }\n"
	caseEnds     = "                    }\n"
	loopBegins   = "    function render(state) {\n"
)

var caseBegins = regexp.MustCompile(`^ {20}(?:case (opcode[A-Za-z]+)|default): \{\n$`)

// split makes a function of each instruction. Vugu has one function of 600 lines for them
// all. A browser compiles it for what it has met, and throws that away whenever it meets
// something else, as the first element that is made anew: then it interprets the page until
// its other threads have compiled all those lines again. Of small functions it throws away the
// one.
func split(script []byte) ([]byte, error) {
	before, rest, ok := bytes.Cut(script, []byte(switchBegins))
	at := bytes.Index(before, []byte(loopBegins))
	if !ok || at < 0 {
		return nil, errors.New("no switch over the instructions inside of render in Vugu's script")
	}
	var functions bytes.Buffer
	functions.WriteString("    // What carries out each instruction.\n    const instructions = [];\n")
	opcode := ""
	for {
		line, more, ok := bytes.Cut(rest, []byte("\n"))
		if !ok {
			return nil, errors.New("no end of the switch over the instructions in Vugu's script")
		}
		line, rest = rest[:len(line)+1], more
		m := caseBegins.FindSubmatch(line)
		switch {
		case string(line) == switchEnds:
			return bytes.Join([][]byte{before[:at], functions.Bytes(), before[at:], []byte(carryOut), rest}, nil), nil
		case m != nil:
			if opcode = string(m[1]); carriedOut(opcode) {
				// What breaks out of a case breaks out of this.
				fmt.Fprintf(&functions, "    instructions[%s] = function (state, decoder) {\n        do {\n", opcode)
			}
		case !carriedOut(opcode) || len(bytes.TrimSpace(line)) == 0:
		case string(line) == caseEnds:
			functions.WriteString("        } while (false);\n    };\n")
			opcode = ""
		default:
			functions.Write(bytes.TrimPrefix(line, []byte("            ")))
		}
	}
}

// carriedOut reports whether an instruction does something to the page: the end and what is
// unknown do not.
func carriedOut(opcode string) bool { return opcode != "" && opcode != "opcodeEnd" }

// carryOut stands where the switch was.
const carryOut = `                if (opcode === opcodeEnd) {
                    return;
                }
                let instruction = instructions[opcode];
                if (!instruction) {
                    console.error("found invalid opcode", opcode);
                    return;
                }
                instruction.call(this, state, decoder);
`
