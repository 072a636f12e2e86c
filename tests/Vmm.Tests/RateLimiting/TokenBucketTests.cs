using CsCheck;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.RateLimiting;

namespace MicroVm.Vmm.Tests.RateLimiting;

public sealed class TokenBucketTests
{
    private readonly ManualClock _clock = new();

    private TokenBucket NewBucket(ulong size, ulong refillMs, ulong? burst = null) => new(new TokenBucketConfig(size, burst, refillMs), _clock);

    [Fact]
    public void Take_UpToTheSize_IsGrantedAndThenRefused()
    {
        TokenBucket bucket = NewBucket(1000, 1000);
        Assert.True(bucket.TryTake(1000, out TimeSpan wait));
        Assert.Equal(TimeSpan.Zero, wait);
        Assert.False(bucket.TryTake(1, out wait));
        Assert.Equal(TimeSpan.FromMilliseconds(100), wait);
    }

    [Fact]
    public void Refill_PartOfTheTime_GivesThatPart()
    {
        TokenBucket bucket = NewBucket(1000, 1000);
        Assert.True(bucket.TryTake(1000, out _));
        _clock.AdvanceMilliseconds(250);
        Assert.False(bucket.TryTake(251, out _));
        Assert.True(bucket.TryTake(250, out _));
        Assert.False(bucket.TryTake(1, out _));
    }

    [Fact]
    public void Refill_InManySmallSteps_LosesNoFractions()
    {
        TokenBucket bucket = NewBucket(3, 1000);
        Assert.True(bucket.TryTake(3, out _));
        for (int i = 0; i < 999; i++)
        {
            _clock.AdvanceMilliseconds(1);
            Assert.False(bucket.TryTake(3, out _));
        }

        _clock.AdvanceMilliseconds(1.001);
        Assert.True(bucket.TryTake(3, out _));
    }

    [Fact]
    public void OneTimeBurst_IsSpentFirstAndNeverComesBack()
    {
        TokenBucket bucket = NewBucket(100, 100, burst: 500);
        Assert.True(bucket.TryTake(600, out TimeSpan wait));
        Assert.Equal(TimeSpan.Zero, wait);
        _clock.AdvanceMilliseconds(10_000);
        Assert.True(bucket.TryTake(100, out _));
        Assert.False(bucket.TryTake(1, out _));
    }

    [Fact]
    public void Take_MoreThanTheBucketHolds_IsGrantedAndPaidWithTime()
    {
        TokenBucket bucket = NewBucket(1000, 1000);
        Assert.True(bucket.TryTake(3000, out TimeSpan wait));
        Assert.Equal(TimeSpan.FromMilliseconds(2000), wait);
        Assert.False(bucket.TryTake(1, out _));
    }

    [Fact]
    public void Wait_OfAFastBucket_IsItsRefillTime()
    {
        TokenBucket bucket = NewBucket(10, 5);
        Assert.True(bucket.TryTake(10, out _));
        Assert.False(bucket.TryTake(10, out TimeSpan wait));
        Assert.Equal(TimeSpan.FromMilliseconds(5), wait);
    }

    [Fact]
    public void Refund_NeverExceedsTheSize()
    {
        TokenBucket bucket = NewBucket(10, 1000);
        Assert.True(bucket.TryTake(4, out _));
        bucket.Refund(ulong.MaxValue);
        Assert.True(bucket.TryTake(10, out _));
        Assert.False(bucket.TryTake(1, out _));
    }

    [Fact]
    public void Extremes_OfEveryNumber_NeitherOverflowNorWrap()
    {
        TokenBucket bucket = NewBucket(long.MaxValue, long.MaxValue / TimeSpan.TicksPerMillisecond, long.MaxValue);
        Assert.True(bucket.TryTake(ulong.MaxValue, out TimeSpan wait));
        Assert.True(wait >= TimeSpan.Zero);
        _clock.Advance(TimeSpan.FromDays(10_000));
        Assert.True(bucket.TryTake(uint.MaxValue, out _));
    }

    [Fact]
    public void Grants_OfRandomRequests_NeverExceedTheRate()
    {
        Gen.Select(Gen.ULong[1, 10_000], Gen.ULong[1, 5000], Gen.ULong[0, 10_000], Gen.Select(Gen.ULong[0, 20_000], Gen.Int[0, 2000]).Array[1, 50]).Sample(
            (size, refillMs, burst, steps) =>
            {
                var clock = new ManualClock();
                var bucket = new TokenBucket(new TokenBucketConfig(size, burst, refillMs), clock);
                ulong elapsedMs = 0;
                double granted = 0;
                foreach ((ulong tokens, int pauseMs) in steps)
                {
                    if (bucket.TryTake(tokens, out TimeSpan wait))
                    {
                        granted += tokens;
                        double paid = (double)wait.Ticks / TimeSpan.TicksPerMillisecond;
                        Assert.True(granted <= size + burst + ((elapsedMs + paid) * size / refillMs) + 1);
                    }

                    ulong pause = (ulong)Math.Ceiling(wait.TotalMilliseconds) + (ulong)pauseMs;
                    clock.AdvanceMilliseconds(pause);
                    elapsedMs += pause;
                }
            },
            iter: 2000);
    }
}
