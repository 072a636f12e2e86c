using MicroVm.Vmm.Control;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.RateLimiting;

/// <summary>
/// Limits one direction of a device's traffic in bytes and operations:
/// <code>
/// open --a bucket is short--> blocked --its timer expires--> open, and the owner is told to go on
/// </code>
/// Lives on the loop thread. Costs no descriptor until there is a limit and allocates nothing per request.
/// </summary>
internal sealed class RateLimiter : IEventSource, IDisposable
{
    private readonly EpollLoop _loop;
    private readonly TimeProvider _clock;
    private readonly Action _resume;
    private TokenBucket? _bandwidth;
    private TokenBucket? _ops;
    private TimerFd? _timer;

    /// <param name="config">The limits; null is none.</param>
    /// <param name="loop">Where the timer is watched.</param>
    /// <param name="resume">Called on the loop's thread when a refused owner may ask again.</param>
    /// <param name="clock">What the buckets refill by; the host's monotonic clock when null.</param>
    /// <exception cref="OsFaultException">The timer cannot be made.</exception>
    internal RateLimiter(RateLimiterConfig? config, EpollLoop loop, Action resume, TimeProvider? clock = null)
    {
        _loop = loop;
        _clock = clock ?? TimeProvider.System;
        _resume = resume;
        if (config is not null)
        {
            Update(config);
        }
    }

    /// <summary>True while nothing is granted.</summary>
    internal bool IsBlocked { get; private set; }

    /// <summary>How often a request was refused or paid for with waiting.</summary>
    internal long ThrottledEvents { get; private set; }

    /// <summary>Replaces the buckets that <paramref name="config"/> has by full ones, or by none where it says "no limit".</summary>
    /// <exception cref="OsFaultException">The timer cannot be made; the limits are the old ones.</exception>
    internal void Update(RateLimiterConfig config)
    {
        MakeTimer(config);
        _bandwidth = config.Bandwidth is null ? _bandwidth : MakeBucket(config.Bandwidth);
        _ops = config.Ops is null ? _ops : MakeBucket(config.Ops);
        if (IsBlocked)
        {
            Unblock();
        }
    }

    /// <summary>Asks for one operation of <paramref name="bytes"/>; when false, the owner waits to be told.</summary>
    internal bool TryConsume(uint bytes)
    {
        if (IsBlocked)
        {
            return false;
        }

        TimeSpan opsWait = TimeSpan.Zero;
        if (_ops is not null && !_ops.TryTake(1, out opsWait))
        {
            Block(opsWait);
            return false;
        }

        TimeSpan wait = TimeSpan.Zero;
        if (_bandwidth is not null && !_bandwidth.TryTake(bytes, out wait))
        {
            _ops?.Refund(1);
            Block(wait);
            return false;
        }

        if (wait > TimeSpan.Zero || opsWait > TimeSpan.Zero)
        {
            Block(wait > opsWait ? wait : opsWait);
        }

        return true;
    }

    /// <summary>The timer expired.</summary>
    public void OnReady(uint events, uint token)
    {
        _timer?.TryConsume();
        if (IsBlocked)
        {
            Unblock();
        }
    }

    public void Dispose()
    {
        if (_timer is not null)
        {
            _loop.Remove(_timer.Fd);
            _timer.Dispose();
            _timer = null;
        }
    }

    private void MakeTimer(RateLimiterConfig config)
    {
        bool limits = config.Bandwidth is { IsLimit: true } || config.Ops is { IsLimit: true };
        if (!limits || _timer is not null)
        {
            return;
        }

        TimerFd timer = new();
        try
        {
            _loop.Add(timer.Fd, EpollLoop.In, this, 0);
            _timer = timer;
        }
        catch (OsFaultException)
        {
            timer.Dispose();
            throw;
        }
    }

    private TokenBucket? MakeBucket(TokenBucketConfig config) => config.IsLimit ? new TokenBucket(config, _clock) : null;

    private void Block(TimeSpan wait)
    {
        ThrottledEvents++;
        IsBlocked = true;

        // Buckets exist only after the timer does.
        _timer!.Arm(wait);
    }

    private void Unblock()
    {
        IsBlocked = false;
        _resume();
    }
}
