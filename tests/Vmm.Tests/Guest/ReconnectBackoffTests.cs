using MicroVm.Vmm.Guest.Channel;

namespace MicroVm.Vmm.Tests.Guest;

public class ReconnectBackoffTests
{
    [Fact]
    public void Next_Repeated_DoublesToItsBound()
    {
        ReconnectBackoff backoff = new();
        Assert.Equal([50, 100, 200, 400, 800, 1600, 2000, 2000], Enumerable.Range(0, 8).Select(_ => backoff.Next()));
    }

    [Fact]
    public void Reset_AfterFailures_StartsOver()
    {
        ReconnectBackoff backoff = new();
        backoff.Next();
        backoff.Next();
        backoff.Reset();
        Assert.Equal(ReconnectBackoff.FirstMilliseconds, backoff.Next());
    }
}
