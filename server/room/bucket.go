package room

// bucket is a bucket of tokens, which fills again with time.
type bucket struct {
	tokens int64 // in thousand-millionths
	filled Moment
}

const tokenWhole = int64(Second)

func (b *bucket) fill(now Moment, burst int) { b.tokens, b.filled = int64(burst)*tokenWhole, now }

// take takes n tokens of a bucket that gets rate more a second and holds burst. It reports
// whether there were so many.
func (b *bucket) take(now Moment, n, rate, burst int) bool {
	elapsed := min(int64(now-b.filled), int64(Minute))
	b.tokens = min(b.tokens+elapsed*int64(rate), int64(burst)*tokenWhole)
	b.filled = now
	b.tokens -= int64(n) * tokenWhole
	return b.tokens >= 0
}

// give puts n tokens back.
func (b *bucket) give(n int) { b.tokens += int64(n) * tokenWhole }
