package wasm

// instruction is one instruction of a function.
type instruction struct {
	op    byte
	bytes []byte
	arg   int64 // of those instructions that are looked at: block type, depth, local, constant
}

// The instructions that are looked at, by their codes.
const (
	opBlock    = 0x02
	opLoop     = 0x03
	opIf       = 0x04
	opEnd      = 0x0b
	opBr       = 0x0c
	opBrIf     = 0x0d
	opBrTable  = 0x0e
	opLocalGet = 0x20
	opLocalSet = 0x21
	opLocalTee = 0x22
	opI32Const = 0x41

	void = 0x40 // the type of a block that leaves nothing
)

// readCode reads the body of a function: what stands before its first instruction (the
// types of its locals), and its instructions. Table is that of its br_table; a function of
// Go has one at most. What Go does not write is an error.
func readCode(body []byte) (locals []byte, code []instruction, table []int, err error) {
	r := Reader{body}
	for n := r.Number(); n > 0; n-- {
		r.Number()
		r.Byte()
	}
	locals = body[:len(body)-len(r.B)]
	for len(r.B) > 0 {
		rest := r.B
		i := instruction{op: r.Byte()}
		switch op := i.op; {
		case op >= opBlock && op <= opIf:
			i.arg = int64(r.Byte())
		case op == opBr, op == opBrIf, op == 0x10, op >= opLocalGet && op <= 0x24: // call; locals and globals
			i.arg = int64(r.Number())
		case op == opI32Const, op == 0x42: // i64.const
			i.arg = r.Signed()
		case op == opBrTable && table == nil:
			for n := r.Number() + 1; n > 0; n-- {
				table = append(table, int(r.Number()))
			}
		case op == 0x11, op >= 0x28 && op <= 0x3e: // call_indirect; loads and stores
			r.Number()
			r.Number()
		case op == 0x3f, op == 0x40: // memory.size, memory.grow
			r.Byte()
		case op == 0x43: // f32.const
			r.B = r.B[4:]
		case op == 0x44: // f64.const
			r.B = r.B[8:]
		case op == 0xfc:
			switch r.Byte() {
			case 0, 1, 2, 3, 4, 5, 6, 7: // truncations that saturate
			case 10: // memory.copy
				r.B = r.B[2:]
			case 11: // memory.fill
				r.B = r.B[1:]
			default:
				return nil, nil, nil, ErrCode
			}
		case op <= 0x01, op == 0x05, op == opEnd, op == 0x0f, op == 0x1a, op == 0x1b, op >= 0x45 && op <= 0xc4:
		default:
			return nil, nil, nil, ErrCode
		}
		i.bytes = rest[:len(rest)-len(r.B)]
		code = append(code, i)
	}
	return locals, code, table, nil
}
