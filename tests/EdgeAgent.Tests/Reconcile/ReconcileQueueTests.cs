using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Reconcile;

public sealed class ReconcileQueueTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly AgentCounters _counters = new();

    [Fact]
    public async Task Enqueue_WhileWorkerRuns_MergesIntoOneMoreRun()
    {
        int runs = 0;
        TaskCompletionSource first = new(), gate = new();
        await using ReconcileQueue<string> queue = Make(async (_, _) =>
        {
            if (Interlocked.Increment(ref runs) == 1)
            {
                first.SetResult();
                await gate.Task;
            }

            return ReconcileResult.Done;
        });

        queue.Enqueue("a");
        await Phase.Of("first run", first.Task);
        queue.Enqueue("a");
        queue.Enqueue("a");
        gate.SetResult();
        await Phase.Of("idle", queue.WhenIdle());

        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task Enqueue_ManyTimes_NeverHasTwoWorkersOnOneKey()
    {
        int inside = 0, most = 0, runs = 0;
        await using ReconcileQueue<string> queue = Make(async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
            Interlocked.Increment(ref runs);
            return ReconcileResult.Done;
        });

        Parallel.For(0, 200, _ => queue.Enqueue("a"));
        await Phase.Of("idle", queue.WhenIdle());

        Assert.Equal(1, most);
        Assert.InRange(runs, 1, 200);
    }

    [Fact]
    public async Task Enqueue_TwoKeys_RunSideBySide()
    {
        TaskCompletionSource a = new(), b = new();
        await using ReconcileQueue<string> queue = Make(async (key, _) =>
        {
            (key == "a" ? a : b).SetResult();
            await (key == "a" ? b : a).Task;
            return ReconcileResult.Done;
        });

        queue.Enqueue("a");
        queue.Enqueue("b");

        await Phase.Of("both keys at once", Task.WhenAll(a.Task, b.Task));
        await Phase.Of("idle", queue.WhenIdle());
    }

    [Fact]
    public async Task RetryAfter_TimePasses_RunsAgain()
    {
        int runs = 0;
        await using ReconcileQueue<string> queue = Make((_, _) => Task.FromResult(
            ++runs == 1 ? ReconcileResult.RetryAfter(TimeSpan.FromSeconds(5)) : ReconcileResult.Done));

        queue.Enqueue("a");
        await Phase.Of("first run", queue.WhenIdle());
        _time.Advance(TimeSpan.FromSeconds(4));
        await Phase.Of("still waiting", queue.WhenIdle());
        Assert.Equal(1, runs);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Phase.Of("second run", queue.WhenIdle());

        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task Work_Throws_IsCountedAndRetriedWithBackOff()
    {
        int runs = 0;
        await using ReconcileQueue<string> queue = Make((_, _) =>
            ++runs < 3 ? throw new InvalidDataException("broken") : Task.FromResult(ReconcileResult.Done));

        queue.Enqueue("a");
        await Phase.Of("first run", queue.WhenIdle());
        _time.Advance(TimeSpan.FromSeconds(1));
        await Phase.Of("second run", queue.WhenIdle());
        _time.Advance(TimeSpan.FromSeconds(2));
        await Phase.Of("third run", queue.WhenIdle());

        Assert.Equal(3, runs);
        Assert.Equal(2, _counters.ReconcileFaults.Value);
    }

    [Fact]
    public async Task Failed_TimePasses_StaysUntilQueuedAgain()
    {
        int runs = 0;
        await using ReconcileQueue<string> queue = Make((_, _) =>
        {
            runs++;
            return Task.FromResult(ReconcileResult.Failed("cannot"));
        });

        queue.Enqueue("a");
        await Phase.Of("first run", queue.WhenIdle());
        _time.Advance(TimeSpan.FromHours(1));
        await Phase.Of("nothing", queue.WhenIdle());
        Assert.Equal(1, runs);
        queue.Enqueue("a");
        await Phase.Of("second run", queue.WhenIdle());

        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task Interrupt_WorkerWaits_IsCancelledAndRunAgain()
    {
        int runs = 0;
        TaskCompletionSource first = new();
        await using ReconcileQueue<string> queue = Make(async (_, interrupt) =>
        {
            if (Interlocked.Increment(ref runs) == 1)
            {
                first.SetResult();
                await Task.Delay(Timeout.Infinite, interrupt);
            }

            return ReconcileResult.Done;
        });

        queue.Enqueue("a");
        await Phase.Of("first run", first.Task);
        queue.Interrupt("a");
        await Phase.Of("idle", queue.WhenIdle());

        Assert.Equal(2, runs);
    }

    private ReconcileQueue<string> Make(Func<string, CancellationToken, Task<ReconcileResult>> work) =>
        new(work, _time, _counters, NullLogger.Instance);
}
