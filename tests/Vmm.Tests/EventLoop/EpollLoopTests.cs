using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.EventLoop;

public sealed class EpollLoopTests
{
    private const int Patience = 10_000;

    [Fact]
    public void Post_FromAPostedAction_IsForTheNextTurn()
    {
        using var loop = new EpollLoop();
        int runs = 0;
        Action again = () => { };
        again = () =>
        {
            runs++;
            loop.Post(again);
        };
        loop.Post(again);

        // An action that posts itself without end leaves the loop to others after each round.
        for (int turn = 1; turn <= 3; turn++)
        {
            loop.RunOnce(0);
            Assert.Equal(turn, runs);
        }
    }

    [Fact]
    public void IdleLoop_WithATimer_AllocatesNothing()
    {
        const int turns = 200;
        using var loop = new EpollLoop();
        using var timer = new TimerFd();
        var source = new TimerSource(timer);
        loop.Add(timer.Fd, EpollLoop.In, source, 0);
        timer.Arm(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        TakeTurns(loop, turns);

        long before = GC.GetAllocatedBytesForCurrentThread();
        TakeTurns(loop, turns);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(source.Expiries >= turns);
    }

    private static void TakeTurns(EpollLoop loop, int turns)
    {
        for (int i = 0; i < turns; i++)
        {
            loop.RunOnce(Patience);
            loop.RunOnce(0);
        }
    }

    private sealed class TimerSource(TimerFd timer) : IEventSource
    {
        internal int Expiries { get; private set; }

        public void OnReady(uint events, uint token) => Expiries += timer.TryConsume() ? 1 : 0;
    }
}
