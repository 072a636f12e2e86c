using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Logs;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.EdgeAgent.Vms.Guest;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Vms.Guest;

public sealed class GuestChannelServerTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FailingStore _store = new(new MemoryStore());
    private readonly AgentCounters _counters = new();
    private readonly VmTable _table;
    private readonly VmEntry _entry;
    private readonly LogStore _logs;
    private readonly GuestSession _session;
    private readonly GuestChannelServer _server;

    public GuestChannelServerTests()
    {
        _table = new VmTable(_store);
        VmRun run = new(Guid.NewGuid(), 1, 1, "boot", 3, _time.GetUtcNow());
        _entry = _table.Load(new VmRecord { Spec = Specs.Vm(), Run = run, Phase = VmPhase.Starting });
        _logs = new LogStore(_directory["logs"], LogLimits.Default, _counters, _time, NullLogger.Instance);
        LogSource source = new(_entry.Name, run.Id);
        _session = new GuestSession(_entry, Specs.Vm(), new GuestConfigBuilder(static _ => null, NoSecrets.Instance), _table, source, _logs, _time, NullLogger.Instance);
        _server = GuestChannelServer.Listen(_entry.Name, Path, _session, _counters, NullLogger.Instance);
        source.Acknowledge = sequence => _server.TrySend(new GuestLogAck(sequence));
        _session.Begin();
    }

    private string Path => _directory["vsock_1024"];

    [Fact]
    public async Task Guest_AwaitsConfig_GetsItAndIsRunningOnceStarted()
    {
        using FakeInit init = await FakeInit.GreetAsync(Path);
        GuestConfig config = await init.ReceiveAsync<GuestConfig>("config");
        Assert.Equal("web", config.Hostname);
        Assert.Equal(["/bin/app"], config.Process.Arguments);
        Task running = WhenRecord(record => record.Phase == VmPhase.Running);

        await init.SendAsync(new GuestStarted(17));

        await Phase.Of("running", running);
    }

    [Fact]
    public async Task Guest_ThatKeepsTime_IsToldTheDevicesTimeWithItsConfig()
    {
        using FakeInit init = await FakeInit.GreetAsync(Path, version: GuestHello.CurrentProtocolVersion);

        await init.ReceiveAsync<GuestConfig>("config");

        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), (await init.ReceiveAsync<GuestClock>("clock")).UnixNs / 1_000_000);
        Assert.True(_session.KeepsTime);
    }

    [Fact]
    public async Task Guest_SaysHowItIs_IsKnownAndChangesAreRaisedOnce()
    {
        List<(VmHealth?, VmHealth)> changes = [];
        _table.HealthChanged += (_, before, after) => changes.Add((before, after));
        using FakeInit init = await FakeInit.GreetAsync(Path);
        await init.ReceiveAsync<GuestConfig>("config");
        Task running = WhenRecord(record => record.Phase == VmPhase.Running);

        await init.SendAsync(new GuestHealth(true, false, "not yet"));
        await init.SendAsync(new GuestHealth(true, false, "not yet"));
        await init.SendAsync(new GuestMetrics(32 << 20, 20 << 20, 100, 0, 0, 1));
        await init.SendAsync(new GuestHealth(true, true, ""));
        await init.SendAsync(new GuestStarted(17));
        await Phase.Of("running", running);

        Assert.Equal([(null, new VmHealth(true, false, "not yet")), (new VmHealth(true, false, "not yet"), new VmHealth(true, true, ""))], changes);
        Assert.Equal(20UL << 20, _entry.Metrics!.MemoryAvailableBytes);
    }

    [Fact]
    public async Task Exit_WithACause_IsRecordedWithIt()
    {
        using FakeInit init = await FakeInit.GreetAsync(Path);
        await init.ReceiveAsync<GuestConfig>("config");

        await init.SendAsync(new GuestExited(137, "killed process 7", GuestExitCause.OutOfMemory));
        await init.ReceiveAsync<GuestExitAck>("acknowledgement");

        Assert.Equal(GuestExitCause.OutOfMemory, _entry.Record!.Exit!.Cause);
    }

    [Fact]
    public async Task Guest_ThatRunsConnectsAgain_GetsNoConfigAndIsRunning()
    {
        Task running = WhenRecord(record => record.Phase == VmPhase.Running);
        using FakeInit init = await FakeInit.GreetAsync(Path, GuestState.Running);
        await Phase.Of("running", running);

        _server.TrySend(new GuestShutdown(3));

        Assert.Equal(3, (await init.ReceiveAsync<GuestShutdown>("shutdown")).GracePeriodSeconds);
    }

    [Fact]
    public async Task LogLines_AreAcknowledgedWhenTheyAreKept()
    {
        using FakeInit init = await FakeInit.GreetAsync(Path, GuestState.Running);
        for (ulong i = 1; i <= LogStore.LinesUntold; i++)
        {
            await init.SendLineAsync(i, $"line {i}");
        }

        GuestLogAck ack = await init.ReceiveAsync<GuestLogAck>("acknowledgement");

        Assert.Equal((ulong)LogStore.LinesUntold, ack.Sequence);
        Assert.Equal(["line 31", "line 32"], _logs.Last(_entry.Name, 2).Select(line => line.Text));
    }

    [Fact]
    public async Task LogLines_FewOnes_AreAcknowledgedAfterAMoment_AndThoseToStderrAreCounted()
    {
        using FakeInit init = await FakeInit.GreetAsync(Path, GuestState.Running);
        await init.SendLineAsync(1, "out");
        await init.SendAsync(new GuestLogLine(2, 10, LogStream.Stderr, "err"));
        await init.SendAsync(new GuestExited(0, ""));
        await init.ReceiveAsync<GuestExitAck>("everything before was read");

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(2UL, (await init.ReceiveAsync<GuestLogAck>("acknowledgement")).Sequence);
        Assert.Equal((1, 0), (_entry.TakeErrorLines(), _entry.TakeErrorLines()));
    }

    [Fact]
    public async Task LogLines_SentAgainOnANewConnection_AreAcknowledgedAndKeptOnce()
    {
        using (FakeInit first = await FakeInit.GreetAsync(Path, GuestState.Running))
        {
            await first.SendLineAsync(1, "one");
            await first.SendAsync(new GuestExited(0, ""));
            await first.ReceiveAsync<GuestExitAck>("everything before was read");
        }

        using FakeInit second = await FakeInit.GreetAsync(Path, GuestState.Running);
        await second.SendLineAsync(1, "one");

        Assert.Equal(1UL, (await second.ReceiveAsync<GuestLogAck>("acknowledgement")).Sequence);
        Assert.Single(_logs.Last(_entry.Name, 10));
    }

    [Fact]
    public async Task Exit_IsDurableBeforeItIsAcknowledged()
    {
        using FakeInit init = await FakeInit.GreetAsync(Path, GuestState.Running);
        await init.SendAsync(new GuestExited(137, "killed"));
        await init.ReceiveAsync<GuestExitAck>("acknowledgement");

        VmRecord kept = _store.LoadVms().Single();
        Assert.Equal((137, "killed"), (kept.Exit!.Code, kept.Exit.Message));
        Assert.Equal(137, kept.LastExitCode);
    }

    [Fact]
    public async Task Exit_StoreIsBroken_IsNotAcknowledgedUntilItIsSaidAgain()
    {
        _store.Broken = true;
        using (FakeInit init = await FakeInit.GreetAsync(Path, GuestState.Running))
        {
            await init.SendAsync(new GuestExited(1, ""));
            Assert.Null(await init.ReceiveAsync("the connection's end"));
        }

        _store.Broken = false;
        using FakeInit again = await FakeInit.GreetAsync(Path, GuestState.Exited);
        await again.SendAsync(new GuestExited(1, ""));
        await again.ReceiveAsync<GuestExitAck>("acknowledgement");
    }

    [Fact]
    public async Task Guest_WhoseMessageFailsUnexpectedly_LosesItsConnectionAndHoldsNothingUp()
    {
        _table.HealthChanged += static (_, _, _) => throw new InvalidOperationException("nobody expects it");
        using (FakeInit init = await FakeInit.GreetAsync(Path, GuestState.Running, GuestHello.CurrentProtocolVersion))
        {
            await init.ReceiveAsync<GuestClock>("clock");
            await init.SendAsync(new GuestHealth(true, false, "not yet"));
            Assert.Null(await init.ReceiveAsync("the connection's end"));
        }

        using FakeInit again = await FakeInit.GreetAsync(Path, GuestState.Running, GuestHello.CurrentProtocolVersion);
        await again.ReceiveAsync<GuestClock>("clock on the next connection");

        await Phase.Of("drain", _server.DrainAsync(TimeProvider.System));
        Assert.Equal(1, _counters.GuestFaults.Value);
    }

    [Fact]
    public async Task Stop_GuestConnectsLater_IsToldThen()
    {
        GuestShutdown shutdown = _session.RequestStop();
        Assert.False(_server.TrySend(shutdown));

        using FakeInit init = await FakeInit.GreetAsync(Path, GuestState.Running);

        Assert.Equal(10, (await init.ReceiveAsync<GuestShutdown>("shutdown")).GracePeriodSeconds);
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("7fffffff")]
    [InlineData("00000003a10007")]
    [InlineData("00000001ff")]
    public async Task BadFrame_ClosesThatConnectionAndIsCounted(string hex)
    {
        using (FakeInit init = await FakeInit.GreetAsync(Path, GuestState.Running))
        {
            await init.SendRawAsync(Convert.FromHexString(hex));
            Assert.Null(await init.ReceiveAsync("the connection's end"));
        }

        Assert.Equal(1, _counters.GuestFaults.Value);
        using FakeInit next = await FakeInit.GreetAsync(Path);
        await next.ReceiveAsync<GuestConfig>("config on the next connection");
    }

    [Fact]
    public async Task FirstFrame_IsNoHello_ClosesTheConnection()
    {
        using FakeInit init = new(Path);
        await init.SendAsync(new GuestStarted(1));

        Assert.Null(await init.ReceiveAsync("the connection's end"));
        Assert.Equal(1, _counters.GuestFaults.Value);
    }

    [Fact]
    public async Task OtherProtocolVersion_ClosesTheConnection()
    {
        using FakeInit init = new(Path);
        await init.SendAsync(new GuestHello(GuestHello.CurrentProtocolVersion + 1, "x", GuestState.AwaitingConfig));

        Assert.Null(await init.ReceiveAsync("the connection's end"));
    }

    [Fact]
    public async Task OverlongLine_ClosesTheConnection()
    {
        using FakeInit init = await FakeInit.GreetAsync(Path, GuestState.Running);
        await init.SendLineAsync(1, new string('x', LogLine.MaxTextBytes + 1));

        Assert.Null(await init.ReceiveAsync("the connection's end"));
    }

    [Fact]
    public async Task NewConnection_TakesThePlaceOfTheOneBefore()
    {
        using FakeInit first = await FakeInit.GreetAsync(Path);
        await first.ReceiveAsync<GuestConfig>("config");
        using FakeInit second = await FakeInit.GreetAsync(Path);
        await second.ReceiveAsync<GuestConfig>("config again");

        Assert.Null(await first.ReceiveAsync("the first connection's end"));
    }

    [Fact]
    public async Task Drain_GuestHasWrittenAndGone_ReadsItsLastWords()
    {
        using (FakeInit init = await FakeInit.GreetAsync(Path, GuestState.Running))
        {
            await init.SendLineAsync(1, "last words");
            await init.SendAsync(new GuestExited(5, ""));
        }

        await Phase.Of("drain", _server.DrainAsync(_time));

        Assert.Equal(5, _entry.Record!.Exit!.Code);
        Assert.Equal("last words", _logs.Last(_entry.Name, 10).Single().Text);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _logs.Dispose();
        _directory.Dispose();
    }

    /// <summary>Armed before the trigger: completes when the record is so.</summary>
    private Task WhenRecord(Func<VmRecord, bool> condition)
    {
        TaskCompletionSource met = new();
        _table.Changed += () =>
        {
            if (condition(_entry.Record!))
            {
                met.TrySetResult();
            }
        };
        return met.Task;
    }
}
