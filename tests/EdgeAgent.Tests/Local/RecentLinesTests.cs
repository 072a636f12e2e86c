using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Local;

public sealed class RecentLinesTests
{
    private readonly RecentLines _lines = new();

    private static ResourceName Vm(string name) => ResourceName.Parse(name);

    private void Add(string vm, string text) => _lines.Add(new LogLine(Vm(vm), 0, LogStream.Stdout, text));

    private string[] Last(string vm, int count) => [.. _lines.Last(Vm(vm), count).Select(static line => line.Text)];

    [Fact]
    public void Lines_OfEachVm_AreKeptUpToTheirNumberAndSize()
    {
        for (int i = 1; i <= LocalRequest.MaxTail + 5; i++)
        {
            Add("a", $"{i}");
        }

        Add("b", new string('x', RecentLines.KeptCharacters - 10));
        Add("b", "0123456789");
        Add("b", "y");
        Assert.Equal(["104", "105"], Last("a", 2));
        Assert.Equal(("6", LocalRequest.MaxTail), (Last("a", 1000)[0], Last("a", 1000).Length));
        Assert.Equal(["0123456789", "y"], Last("b", 100));
        Assert.Empty(Last("c", 100));
    }

    [Fact]
    public void Vms_ThatCameAndWent_AreForgotten()
    {
        for (int i = 0; i < 500; i++)
        {
            Add($"vm-{i}", "x");
        }

        Assert.InRange(Enumerable.Range(0, 500).Count(i => Last($"vm-{i}", 1).Length > 0), 1, 64);
        Assert.Equal(["x"], Last("vm-499", 1));
    }

    [Fact]
    public async Task Follower_GetsThePastThenWhatComes_AndNobodyWaitsForIt()
    {
        Add("a", "before");
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using IAsyncEnumerator<LogLine> follower = _lines.FollowAsync(Vm("a"), 10, stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await follower.MoveNextAsync());
        Assert.Equal("before", follower.Current.Text);

        for (int i = 0; i < 10_000; i++)
        {
            Add("a", $"{i}");
        }

        Add("b", "of another");
        Assert.True(await Phase.Of("next line", follower.MoveNextAsync().AsTask()));
        Assert.Equal("9744", follower.Current.Text);
    }
}
