using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Telemetry;
using Microsoft.Data.Sqlite;

namespace MicroVm.EdgeAgent.Tests.Store;

/// <summary>What the spool drops, the same on disk and in memory.</summary>
public sealed class SpoolClassTests : IDisposable
{
    private const long Day = 24 * 3_600 * 1_000;
    private readonly TempDirectory _directory = new();
    private IAgentStore? _store;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AppendBatch_Full_DropsSamplesThenMetricsThenEventsOldestFirst(bool disk)
    {
        IAgentStore store = Make(disk);
        SpoolClass[] order = [SpoolClass.Events, SpoolClass.Metrics, SpoolClass.Samples, SpoolClass.Samples, SpoolClass.Metrics];
        Fill(store, order, new SpoolLimits(50, 100));
        Assert.Equal([1UL, 2, 3, 4, 5], Left(store));

        store.AppendBatch(Batch(6, SpoolClass.Events), new SpoolLimits(50, 100));
        Assert.Equal([1UL, 2, 4, 5, 6], Left(store));
        store.AppendBatch(Batch(7, SpoolClass.Events), new SpoolLimits(40, 100));
        Assert.Equal([1UL, 5, 6, 7], Left(store));
        store.AppendBatch(Batch(8, SpoolClass.Events), new SpoolLimits(30, 100));

        Assert.Equal([6UL, 7, 8], Left(store));
        Assert.Equal(new TelemetryLosses(6, 6, 3), store.ReadSpoolUsage().Losses);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AppendBatch_SamplesIntoASpoolFullOfEvents_DropsThemselves(bool disk)
    {
        IAgentStore store = Make(disk);
        Fill(store, [SpoolClass.Events, SpoolClass.Events], new SpoolLimits(20, 100));

        Assert.Equal(1, store.AppendBatch(Batch(3, SpoolClass.Samples), new SpoolLimits(20, 100)));

        Assert.Equal([1UL, 2], Left(store));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RemoveBatch_OneThatIsLost_IsCountedByItsClassAndOneThatIsNotThereIsNot(bool disk)
    {
        IAgentStore store = Make(disk);
        Fill(store, [SpoolClass.Events, SpoolClass.Samples, SpoolClass.Metrics], SpoolLimits.Default);

        Assert.True(store.RemoveBatch(Guid.Empty, 1, isLost: true));
        Assert.True(store.RemoveBatch(Guid.Empty, 2, isLost: true));
        Assert.True(store.RemoveBatch(Guid.Empty, 3));
        Assert.False(store.RemoveBatch(Guid.Empty, 3, isLost: true));

        Assert.Equal(new SpoolUsage(0, 0, new TelemetryLosses(3, 0, 3)), store.ReadSpoolUsage());
        if (disk)
        {
            store.Dispose();
            Assert.Equal(new TelemetryLosses(3, 0, 3), Make(disk).ReadSpoolUsage().Losses);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AppendBatch_OldBatches_AreDroppedWithWhatCameBeforeThem(bool disk)
    {
        IAgentStore store = Make(disk);
        store.AppendBatch(Batch(1, SpoolClass.Events) with { Clock = ClockQuality.NotSet }, SpoolLimits.Default);
        store.AppendBatch(Batch(2, SpoolClass.Events) with { BaseUnixMs = 10 * Day }, SpoolLimits.Default);
        store.AppendBatch(Batch(3, SpoolClass.Samples) with { BaseUnixMs = 20 * Day, Clock = ClockQuality.Unsynchronised }, SpoolLimits.Default);
        store.AppendBatch(Batch(4, SpoolClass.Events) with { BaseUnixMs = 30 * Day }, SpoolLimits.Default);

        long dropped = store.AppendBatch(Batch(5, SpoolClass.Samples) with { BaseUnixMs = 40 * Day }, SpoolLimits.Default with { OldestUnixMs = 25 * Day });

        Assert.Equal(2, dropped);
        Assert.Equal([3UL, 4, 5], Left(store));
    }

    /// <summary>Each append asks this: it must not read the spool for it.</summary>
    [Fact]
    public void LastTooOld_IsFoundByItsIndex()
    {
        Make(disk: true).Dispose();
        using SqliteConnection connection = new($"Data Source={_directory["agent.db"]};Pooling=False");
        connection.Open();
        using SqliteCommand explain = connection.CreateCommand();
        explain.CommandText = "EXPLAIN QUERY PLAN " + SqliteStore.LastTooOld;
        explain.Parameters.AddWithValue("$oldest", 1L);
        using SqliteDataReader plan = explain.ExecuteReader();

        Assert.True(plan.Read());
        Assert.StartsWith("SEARCH spool USING COVERING INDEX spool_age", plan.GetString(3));
        Assert.False(plan.Read());
    }

    [Theory]
    [InlineData(ClockQuality.NotSet)]
    [InlineData(ClockQuality.Unsynchronised)]
    public void OldestUnixMs_ClockThatMayBeWrong_MakesNothingOld(ClockQuality clock) =>
        Assert.Null(SpoolDecisions.OldestUnixMs(100 * Day, clock, TimeSpan.FromDays(60)));

    [Fact]
    public void OldestUnixMs_ClockThatIsRight_IsTheAgeAgo() =>
        Assert.Equal(40 * Day, SpoolDecisions.OldestUnixMs(100 * Day, ClockQuality.Synchronised, TimeSpan.FromDays(60)));

    [Fact]
    public void Losses_AfterANewStart_AreRemembered()
    {
        using (SqliteStore first = SqliteStore.Open(_directory["agent.db"]))
        {
            Fill(first, [SpoolClass.Metrics, SpoolClass.Metrics], new SpoolLimits(10, 100));
            first.AppendBatch(Batch(3, SpoolClass.Metrics) with { LostBefore = new TelemetryLosses(5, 0, 1) }, new SpoolLimits(10, 100));
            SpooledBatch kept = first.ReadBatches(0, 1).Single();
            Assert.Equivalent(Batch(3, SpoolClass.Metrics) with { Id = kept.Id }, kept);
        }

        Assert.Equal(new SpoolUsage(10, 1, new TelemetryLosses(5, 6, 1)), Make(disk: true).ReadSpoolUsage());
    }

    public void Dispose()
    {
        _store?.Dispose();
        _directory.Dispose();
    }

    private static void Fill(IAgentStore store, SpoolClass[] order, SpoolLimits limits)
    {
        for (int i = 0; i < order.Length; i++)
        {
            store.AppendBatch(Batch((ulong)i + 1, order[i]), limits);
        }
    }

    private static ulong[] Left(IAgentStore store) => [.. store.ReadBatches(0, 100).Select(batch => batch.Sequence)];

    private static SpooledBatch Batch(ulong sequence, SpoolClass kind) => new(0, Guid.Empty, sequence, new byte[10])
    {
        Class = kind,
        Items = 3,
        Clock = ClockQuality.Synchronised,
        BaseUnixMs = 50 * Day,
        BaseUptimeMs = 7,
        KernelBootId = "boot",
    };

    private IAgentStore Make(bool disk) => _store = disk ? SqliteStore.Open(_directory["agent.db"]) : new MemoryStore();
}
