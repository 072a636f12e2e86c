using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Devices.Virtio.RateLimiting;

/// <summary>
/// A budget of tokens that refills evenly over time. The one-time burst is spent before the budget and never comes back.
/// A request for more than the whole bucket is granted once and paid for with the time its excess is worth: it could never be
/// granted otherwise. Times are counts of 100 nanoseconds since the bucket was made. Not thread-safe.
/// </summary>
internal sealed class TokenBucket
{
    private const long MaxWait = 100 * TimeSpan.TicksPerMillisecond;

    private const ulong MaxDebt = 3650 * (ulong)TimeSpan.TicksPerDay;

    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly ulong _size;
    private readonly ulong _refillTime;
    private ulong _burst;
    private ulong _budget;
    private ulong _refilledAt;

    /// <summary>A full bucket. <paramref name="config"/> must be a limit.</summary>
    internal TokenBucket(TokenBucketConfig config, TimeProvider clock)
    {
        System.Diagnostics.Debug.Assert(config.IsLimit);
        _clock = clock;
        _start = clock.GetTimestamp();
        _size = config.Size;
        _refillTime = config.RefillTimeMs * TimeSpan.TicksPerMillisecond;
        _burst = config.OneTimeBurst ?? 0;
        _budget = _size;
    }

    /// <summary>
    /// Takes tokens. When refused, nothing is taken. <paramref name="wait"/> says how long nothing more should be asked for, which is
    /// not zero after a refusal and after a request larger than the bucket.
    /// </summary>
    internal bool TryTake(ulong tokens, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        ulong fromBurst = Math.Min(_burst, tokens);
        ulong rest = tokens - fromBurst;
        Refill();
        if (rest > _budget && rest <= _size)
        {
            // At the end of this wait the bucket is full, or has had enough time for a worthwhile share of a slow refill.
            wait = new TimeSpan(Math.Min((long)_refillTime, MaxWait));
            return false;
        }

        _burst -= fromBurst;
        if (rest > _budget)
        {
            UInt128 debt = (UInt128)(rest - _budget) * _refillTime / _size;
            ulong pause = (ulong)UInt128.Min(UInt128.Max(debt, 1), MaxDebt);
            wait = new TimeSpan((long)pause);

            // What comes in during the pause pays for the excess and does not fill the bucket as well.
            _refilledAt += pause;
            rest = _budget;
        }

        _budget -= rest;
        return true;
    }

    /// <summary>Gives back tokens that were taken for something that did not happen.</summary>
    internal void Refund(ulong tokens) => _budget = (ulong)UInt128.Min(_size, (UInt128)_budget + tokens);

    private void Refill()
    {
        ulong now = (ulong)_clock.GetElapsedTime(_start).Ticks;
        if (now <= _refilledAt)
        {
            return;
        }

        ulong elapsed = now - _refilledAt;
        if (elapsed >= _refillTime)
        {
            _budget = _size;
            _refilledAt = now;
            return;
        }

        // The clock moves on by what the tokens are worth and no further: fractions of a token are not lost.
        ulong added = (ulong)((UInt128)elapsed * _size / _refillTime);
        _refilledAt += (ulong)((UInt128)added * _refillTime / _size);
        _budget = (ulong)UInt128.Min(_size, (UInt128)_budget + added);
    }
}
