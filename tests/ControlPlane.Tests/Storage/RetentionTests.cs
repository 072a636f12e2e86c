using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Host.Storage.Events;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Time.Testing;
using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Tests.Storage;

public sealed class RetentionTests : IDisposable
{
    private static readonly DeviceId s_device = DeviceId.Parse("edge-1");

    private static readonly (string, object?)[] s_parameters =
        [("$oldest", 1L), ("$batch", 1L), ("$from", 1L), ("$last", 1L), ("$some", 1L), ("$device", ""), ("$most", 1L)];

    private readonly string _directory = Directory.CreateTempSubdirectory("microvm-cp-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly Database _database;
    private readonly TelemetryStore _store;
    private ulong _sequence;

    public RetentionTests()
    {
        _database = Database.Open(DataDirectory.Open(_directory));
        _store = new TelemetryStore(_database, new EventFeed(), _time);
    }

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Sweep_RowsOverTheBound_KeepsTheNewest()
    {
        await StoreAsync("a");
        await StoreAsync("d");

        await SweepAsync(new RetentionOptions(1, TimeSpan.FromDays(1)));

        Assert.Equal(1, await CountAsync("host_samples"));
    }

    [Fact]
    public async Task Sweep_RowsOverTheAge_AreDeletedWithTheirBatch()
    {
        await StoreAsync("old");
        _time.Advance(TimeSpan.FromHours(2));
        await StoreAsync("new");

        await SweepAsync(new RetentionOptions(100, TimeSpan.FromHours(1)));

        Assert.Equal((1, 1), (await CountAsync("host_samples"), await CountAsync("telemetry_batches")));
    }

    [Fact]
    public async Task Sweep_WithinTheBounds_DeletesNothing()
    {
        await StoreAsync("a");
        await StoreAsync("b");

        await SweepAsync(new RetentionOptions());

        Assert.Equal(2, await CountAsync("host_samples"));
    }

    [Fact]
    public async Task Sweep_Events_AreBoundByAgeAndCount()
    {
        await StoreAsync("old");
        _time.Advance(TimeSpan.FromHours(2));
        await StoreAsync("a");
        await StoreAsync("b");
        await StoreAsync("c");

        await SweepAsync(new RetentionOptions(100, TimeSpan.FromHours(1)) { MaxEvents = 2 });

        Assert.Equal(["b", "c"], (await new EventQueries(_database).TailAsync(new EventFilter(null, null, 0), 100, TestContext.Current.CancellationToken)).Select(one => one.Message));
    }

    [Fact]
    public async Task Sweep_Metrics_AreBoundByCountAndSeriesByAge()
    {
        await StoreAsync("old");
        _time.Advance(TimeSpan.FromHours(2));
        await StoreAsync("a");
        await StoreAsync("a");

        await SweepAsync(new RetentionOptions(100, TimeSpan.FromHours(1)) { MaxPoints = 1 });

        Assert.Equal((1, 1), (await CountAsync("metric_points"), await CountAsync("metric_series")));
    }

    /// <summary>Any row of a batch is enough for the batch to be known when it is sent again.</summary>
    [Theory]
    [InlineData(1, 1, 100)]
    [InlineData(1, 100, 1)]
    [InlineData(100, 1, 1)]
    public async Task Sweep_BatchesOverTheCountOfWhichSomethingIsKept_AreKnownWhenTheyAreSentAgain(int samples, int points, int events)
    {
        await StoreAsync("a");
        await StoreAsync("b");
        await StoreAsync("c");

        await SweepAsync(new RetentionOptions(samples, TimeSpan.FromDays(1)) { MaxPoints = points, MaxEvents = events });

        Assert.Equal(3, await CountAsync("telemetry_batches"));
        _sequence = 0;
        await StoreAsync("a", verdict: TelemetryVerdict.Duplicate);
        Assert.Equal(points == 1 ? 1 : 3, await CountAsync("metric_points"));
        Assert.Equal(points == 1 ? 1 : 3, (await PointsAsync()).Count);
    }

    [Fact]
    public async Task Sweep_BatchesOverTheCountOfWhichNothingIsKept_AreForgotten()
    {
        await StoreAsync("a");
        await StoreAsync("b");
        await StoreAsync("c");

        await SweepAsync(new RetentionOptions(1, TimeSpan.FromDays(1)) { MaxPoints = 1, MaxEvents = 2 });

        Assert.Equal(2, await CountAsync("telemetry_batches"));
    }

    /// <summary>A device that comes back with a lot takes no room of others.</summary>
    [Fact]
    public async Task Sweep_RowsOfOneDeviceOverItsBound_AreDeletedAndThoseOfOthersStay()
    {
        using RetentionService service = new(
            _database, new RetentionOptions(100, TimeSpan.FromDays(1)) { MaxSamplesOfDevice = 2, MaxEventsOfDevice = 1 }, _time);
        DeviceId other = DeviceId.Parse("edge-2");
        await StoreAsync("first", device: other);
        foreach (string word in new[] { "a", "b", "c" })
        {
            await StoreAsync(word);
        }

        await service.SweepAsync(TestContext.Current.CancellationToken);
        await StoreAsync("d");
        await service.SweepAsync(TestContext.Current.CancellationToken);

        Assert.Equal([(1, "edge-2"), (4, "edge-1"), (5, "edge-1")], await RowsAsync("host_samples"));
        Assert.Equal([(1, "edge-2"), (4, "edge-1"), (5, "edge-1")], await RowsAsync("vm_samples"));
        Assert.Equal([(1, "edge-2"), (5, "edge-1")], await RowsAsync("events"));
    }

    [Fact]
    public async Task Points_WhoseBatchWasForgotten_AreShown()
    {
        await StoreAsync("a");
        await _database.WriteAsync(connection => connection.Execute("DELETE FROM telemetry_batches"));

        MetricPointView point = Assert.Single(await PointsAsync());

        Assert.Equal(("a", nameof(TimeMark.Unknown), Guid.Empty, 0UL), (point.Name, point.Clock, point.BootId, point.Sequence));
    }

    /// <summary>Retention runs on the one writer: it may not walk over what it keeps.</summary>
    [Fact]
    public async Task Statements_FindTheirRowsByAnIndex()
    {
        foreach (string sql in RetentionStatements.All)
        {
            List<string> plan = await _database.ReadAsync(connection => connection.Query(
                $"EXPLAIN QUERY PLAN {sql}", static row => row.GetString(3), s_parameters));
            Assert.NotEmpty(plan);
            Assert.All(plan, step => Assert.False(step.StartsWith("SCAN", StringComparison.Ordinal) || step.Contains("TEMP B-TREE", StringComparison.Ordinal), $"{sql}: {step}"));
        }

        foreach (string table in RetentionStatements.TablesOfDevices)
        {
            Assert.Contains(await _database.ReadAsync(connection => connection.Query(
                $"EXPLAIN QUERY PLAN {RetentionStatements.Added(table)}", static row => row.GetString(3), s_parameters)),
                static step => step.Contains("USING INTEGER PRIMARY KEY", StringComparison.Ordinal));
        }

        // Without an index this would be the walk from the end.
        Assert.Contains("USING COVERING INDEX", Assert.Single(await _database.ReadAsync(connection => connection.Query(
            $"EXPLAIN QUERY PLAN {RetentionStatements.NewestOldBatch}", static row => row.GetString(3), s_parameters))), StringComparison.Ordinal);
    }

    /// <summary>A device that was set up anew counts from the beginning, and one that is gone has lost nothing.</summary>
    [Fact]
    public async Task Losses_OfADevice_AreWhatItSaidLastAndGoWithIt()
    {
        TelemetryQueries queries = new(_database);
        await StoreAsync("a", new TelemetryLosses(1, 2, 3));
        Assert.Equal(new TelemetryLossView(1, 2, 3), await queries.LossesAsync(s_device.Value, TestContext.Current.CancellationToken));
        await StoreAsync("b");
        Assert.Null(await queries.LossesAsync(s_device.Value, TestContext.Current.CancellationToken));

        await StoreAsync("c", new TelemetryLosses(1, 0, 0));
        await new SqliteDeviceDirectory(_database).RemoveAsync(s_device.Value);
        Assert.Equal(0, await CountAsync("telemetry_losses"));
    }

    private async Task StoreAsync(string word, TelemetryLosses losses = default, TelemetryVerdict verdict = TelemetryVerdict.Stored, DeviceId? device = null)
    {
        await new SqliteDeviceDirectory(_database).PutAsync((device ?? s_device).Value, ImmutableSortedDictionary<string, string>.Empty);
        Assert.Equal(verdict, await _store.StoreAsync(device ?? s_device, new TelemetryBatch
        {
            Header = new UplinkHeader(Guid.Parse("00000000-0000-0000-0000-000000000001"), ++_sequence, 0),
            Hosts = [new HostSample(1, 0, 0, 0, 0, 0, 0, 0)],
            Vms = [new VmSample(1, ResourceName.Parse("web"), 0, 0, VmPhase.Running)],
            Metrics = [new MetricPoint(ResourceName.Parse("web"), word, 1, "", [], 1)],
            Events = [new DeviceEvent(1, null, false, "Started", word)],
            Losses = losses,
        }));
    }

    private async Task SweepAsync(RetentionOptions options)
    {
        using RetentionService service = new(_database, options, _time);
        await service.SweepAsync(TestContext.Current.CancellationToken);
    }

    private Task<List<MetricPointView>> PointsAsync() =>
        new MetricQueries(_database).PointsAsync(s_device.Value, "", "", null, 100, TestContext.Current.CancellationToken);

    private Task<List<(long Batch, string Device)>> RowsAsync(string table) => _database.ReadAsync(
        connection => connection.Query($"SELECT batch, device FROM {table} ORDER BY id", static row => (row.GetInt64(0), row.GetString(1))));

    private Task<long> CountAsync(string table) => _database.ReadAsync(connection => connection.Number($"SELECT COUNT(*) FROM {table}", 0));
}
