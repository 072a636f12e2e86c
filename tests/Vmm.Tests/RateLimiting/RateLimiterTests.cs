using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.RateLimiting;
using MicroVm.Vmm.EventLoop;

namespace MicroVm.Vmm.Tests.RateLimiting;

public sealed class RateLimiterTests : IDisposable
{
    private readonly EpollLoop _loop = new();
    private readonly ManualClock _clock = new();
    private int _resumed;

    public void Dispose() => _loop.Dispose();

    private RateLimiter NewLimiter(RateLimiterConfig? config) => new(config, _loop, () => _resumed++, _clock);

    [Fact]
    public void NoLimit_GrantsEverything()
    {
        using RateLimiter limiter = NewLimiter(null);
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(limiter.TryConsume(uint.MaxValue)));
    }

    [Fact]
    public void Refusal_BlocksUntilTheTimerAndResumesOnce()
    {
        using RateLimiter limiter = NewLimiter(new(null, new(2, null, 1000)));
        Assert.True(limiter.TryConsume(1));
        Assert.True(limiter.TryConsume(1));
        Assert.False(limiter.TryConsume(1));
        _clock.AdvanceMilliseconds(1000);
        Assert.False(limiter.TryConsume(1));
        limiter.OnReady(EpollLoop.In, 0);
        limiter.OnReady(EpollLoop.In, 0);
        Assert.Equal((1, 1L), (_resumed, limiter.ThrottledEvents));
        Assert.True(limiter.TryConsume(1));
    }

    [Fact]
    public void BandwidthRefusal_GivesTheOperationBack()
    {
        using RateLimiter limiter = NewLimiter(new(new(100, null, 50), new(2, null, 1_000_000)));
        Assert.True(limiter.TryConsume(100));
        Assert.False(limiter.TryConsume(100));
        _clock.AdvanceMilliseconds(50);
        limiter.OnReady(EpollLoop.In, 0);
        Assert.True(limiter.TryConsume(100));
    }

    [Fact]
    public void Timer_OnTheLoop_Resumes()
    {
        using RateLimiter limiter = NewLimiter(new(new(100, null, 1), null));
        Assert.True(limiter.TryConsume(100));
        Assert.False(limiter.TryConsume(100));
        _loop.RunOnce(10_000);
        Assert.Equal(1, _resumed);
        Assert.False(limiter.IsBlocked);
    }

    [Fact]
    public void Update_ChangesOnlyTheBucketsItHasAndUnblocks()
    {
        using RateLimiter limiter = NewLimiter(new(new(100, null, 1000), new(1, null, 1000)));
        Assert.True(limiter.TryConsume(10));
        Assert.False(limiter.TryConsume(10));
        limiter.Update(new(null, new(0, null, 0)));
        Assert.Equal(1, _resumed);
        Assert.True(limiter.TryConsume(90));
        Assert.False(limiter.TryConsume(1));
    }

    [Fact]
    public void Requests_InSteadyState_AllocateNothing()
    {
        using RateLimiter limiter = NewLimiter(new(new(1000, null, 1), new(10, null, 1)));
        Consume();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Consume();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Consume()
        {
            for (int i = 0; i < 500; i++)
            {
                if (!limiter.TryConsume(300))
                {
                    _clock.AdvanceMilliseconds(1);
                    limiter.OnReady(EpollLoop.In, 0);
                }
            }
        }
    }
}
