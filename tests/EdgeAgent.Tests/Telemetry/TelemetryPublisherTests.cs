using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Telemetry;
using MicroVm.EdgeAgent.Telemetry.Clocks;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Telemetry;

public sealed class TelemetryPublisherTests : IAsyncDisposable
{
    private static readonly Guid s_boot = Guid.NewGuid();
    private readonly FakeTimeProvider _time = new();
    private readonly MemoryStore _store = new();
    private readonly FakeUplink _uplink = new();
    private readonly FakeClock _clock = new();
    private readonly AgentCounters _counters = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TelemetryPublisher _publisher;
    private readonly Task _running;

    public TelemetryPublisherTests()
    {
        _publisher = new TelemetryPublisher(_store, _uplink, new BootTimeKeeper(_store, _clock), _counters, _time, NullLogger.Instance);
        _running = _publisher.RunAsync(_stop.Token);
    }

    [Fact]
    public async Task Run_ManyBatches_KeepsAWindowAndGoesOnWithAcknowledgements()
    {
        Spool(1, 12);
        _publisher.OnConnected();

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], await Take(8));
        Assert.Equal(0, _uplink.Waiting);
        _publisher.OnAck(new Ack(s_boot, 1));
        _publisher.OnAck(new Ack(s_boot, 2));

        Assert.Equal([9, 10], await Take(2));
        Assert.Equal(10, _store.ReadSpoolUsage().Rows);
    }

    [Fact]
    public async Task OnConnected_AfterALostConnection_SendsWhatIsNotAcknowledgedAgain()
    {
        Spool(1, 3);
        _publisher.OnConnected();
        Assert.Equal([1, 2, 3], await Take(3));
        _publisher.OnAck(new Ack(s_boot, 2));

        _publisher.OnConnected();

        Assert.Equal([1, 3], await Take(2));
    }

    [Fact]
    public async Task Run_BatchesThatTheGatewayCannotRead_AreDroppedAndHoldNothingUp()
    {
        Spool(1, 12);
        byte[][] unreadable = [.. _store.ReadBatches(0, 10).Select(batch => batch.Payload)];
        _uplink.Refuses = payload => unreadable.Any(bytes => bytes.SequenceEqual(payload));

        _publisher.OnConnected();

        Assert.Equal([11, 12], await Take(2));
        Assert.Equal((2, 10UL), (_store.ReadSpoolUsage().Rows, _store.ReadSpoolUsage().Losses.Samples));
        Assert.Equal(10, _counters.RefusedBatches.Value);
    }

    [Fact]
    public async Task Run_NoConnection_KeepsEverythingUntilThereIsOne()
    {
        _uplink.Up = false;
        Spool(1, 2);
        _publisher.OnSpooled();
        await Phase.Of("the first attempt", _uplink.Lost);
        Assert.Equal(2, _store.ReadSpoolUsage().Rows);

        _uplink.Up = true;
        _publisher.OnConnected();

        Assert.Equal([1, 2], await Take(2));
    }

    [Fact]
    public async Task Run_AnAcknowledgementStaysOutWhileOthersCome_SendsTheBatchAgain()
    {
        Spool(1, 1);
        _publisher.OnConnected();
        Assert.Equal([1], await Take(1));

        for (ulong i = 2; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(15));
            Spool(i, 1);
            _publisher.OnSpooled();
            int sent = (await Take(1)).Single();
            if (sent == 1)
            {
                return;
            }

            _publisher.OnAck(new Ack(s_boot, (ulong)sent));
        }

        Assert.Fail("the first batch was not sent again within 45 s");
    }

    [Fact]
    public async Task Run_BatchThatWasNotTakenAndNothingUnderWay_IsSentAgain()
    {
        _uplink.Up = false;
        Spool(1, 1);
        _publisher.OnConnected();
        await Phase.Of("the first attempt", _uplink.Lost);

        _uplink.Up = true;
        Task<IReadOnlyList<int>> sent = Take(1);
        while (!sent.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal([1], await sent);
    }

    [Fact]
    public async Task OnAck_OfABatchThatIsNotThere_DoesNothing()
    {
        _publisher.OnAck(new Ack(Guid.NewGuid(), 1));
        Spool(1, 1);
        _publisher.OnConnected();

        Assert.Equal([1], await Take(1));
        Assert.Equal(1, _store.ReadSpoolUsage().Rows);
    }

    [Fact]
    public async Task Run_ABatch_IsStampedWithItsAge()
    {
        TelemetryBatch batch = new() { Header = new UplinkHeader(s_boot, 1, 0), BaseUnixMs = 5 };
        _store.AppendBatch(
            new SpooledBatch(0, s_boot, 1, batch.Encode()) { KernelBootId = FakeClock.Boot, BaseUptimeMs = _clock.Now.UptimeMs - 7_000 }, SpoolLimits.Default);

        _publisher.OnConnected();
        TelemetryBatch sent = TelemetryBatch.Decode(await _uplink.TakeAsync(UplinkKind.Telemetry));

        Assert.Equal(new SendStamp(_clock.Now.UnixMs, ClockQuality.Synchronised, 7_000), sent.Stamp);
        Assert.Equal(5, sent.BaseUnixMs);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        _stop.Dispose();
    }

    private void Spool(ulong first, ulong count)
    {
        for (ulong i = first; i < first + count; i++)
        {
            _store.AppendBatch(new SpooledBatch(0, s_boot, i, [(byte)i]) { Items = 1 }, SpoolLimits.Default);
        }
    }

    private async Task<IReadOnlyList<int>> Take(int count)
    {
        List<int> taken = [];
        for (int i = 0; i < count; i++)
        {
            taken.Add((await _uplink.TakeAsync(UplinkKind.Telemetry)).Single());
        }

        return taken;
    }
}
