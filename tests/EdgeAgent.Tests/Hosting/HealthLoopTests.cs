using System.Net.Sockets;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Hosting;

public sealed class HealthLoopTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _notifier = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private Task _running = Task.CompletedTask;

    public HealthLoopTests() => _notifier.Bind(new UnixDomainSocketEndPoint(_directory["notify"]));

    [Fact]
    public async Task Run_QueueAndStoreWork_TellsTheServiceNotifierAgainAndAgain()
    {
        await using ReconcileQueue<ResourceName> queue = NewQueue(out ReconcileProbe probe, static () => Task.CompletedTask);
        HealthLoop loop = NewLoop(() => probe.ProveAsync(queue), TimeProvider.System, TimeSpan.FromMilliseconds(300));
        Assert.False(loop.IsAlive);
        _running = loop.RunAsync(_stop.Token);
        await ReceiveAsync();
        await ReceiveAsync();
        await ReceiveAsync();
    }

    [Fact]
    public async Task Run_WorkersDoNotEnd_TheProofComesAllTheSame()
    {
        TaskCompletionSource never = new();
        await using ReconcileQueue<ResourceName> queue = NewQueue(out ReconcileProbe probe, () => never.Task);
        queue.Enqueue(ResourceName.Parse("stuck"));
        HealthLoop loop = NewLoop(() => probe.ProveAsync(queue));
        _running = loop.RunAsync(_stop.Token);
        await ReceiveAsync();
        Assert.True(loop.IsAlive);
        never.SetResult();
    }

    [Fact]
    public async Task Run_NobodyGetsToTheKey_TellsNothingAndIsNotAlive()
    {
        HealthLoop loop = NewLoop(static () => new TaskCompletionSource().Task);
        _running = loop.RunAsync(_stop.Token);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(loop.IsAlive);
        Assert.Equal(0, _notifier.Available);
    }

    [Fact]
    public async Task Run_StoreHangs_OneThreadWaitsForIt()
    {
        using ManualResetEventSlim disk = new();
        TaskCompletionSource asked = new(), answered = new();
        int waiting = 0;
        FailingStore store = new(new MemoryStore())
        {
            Hang = () =>
            {
                Interlocked.Increment(ref waiting);
                asked.TrySetResult();
                disk.Wait();
                answered.TrySetResult();
            },
        };
        TaskCompletionSource[] proofs = [.. Enumerable.Range(0, 5).Select(static _ => new TaskCompletionSource())];
        int proof = 0;
        HealthLoop loop = NewLoop(
            () =>
            {
                proofs[proof++].SetResult();
                return Task.CompletedTask;
            },
            store: store);
        _running = loop.RunAsync(_stop.Token);
        await Phase.Of("the store is asked", asked.Task);
        while (!proofs[^1].Task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        Assert.Equal(1, Volatile.Read(ref waiting));
        disk.Set();
        await Phase.Of("the store answers", answered.Task);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _notifier.Dispose();
        _stop.Dispose();
        _directory.Dispose();
    }

    private HealthLoop NewLoop(Func<Task> prove, TimeProvider? time = null, TimeSpan? watchdog = null, FailingStore? store = null) => new(
        prove,
        store ?? new FailingStore(new MemoryStore()),
        new ServiceNotifier(_directory["notify"]),
        watchdog ?? TimeSpan.FromSeconds(30),
        time ?? _time,
        NullLogger.Instance);

    private ReconcileQueue<ResourceName> NewQueue(out ReconcileProbe probe, Func<Task> work)
    {
        probe = new ReconcileProbe(async (_, _) =>
        {
            await work();
            return ReconcileResult.Done;
        });
        return new ReconcileQueue<ResourceName>(probe.ReconcileAsync, _time, new AgentCounters(), NullLogger.Instance);
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[100];
        int count = await Phase.Of("message to the service manager", _notifier.ReceiveAsync(buffer, _stop.Token).AsTask());
        Assert.Equal("WATCHDOG=1", System.Text.Encoding.UTF8.GetString(buffer, 0, count));
    }
}
