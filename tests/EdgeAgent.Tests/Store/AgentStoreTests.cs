using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Store;

/// <summary>The contract that every store keeps, run against the disk and the memory one.</summary>
public sealed class AgentStoreTests : IDisposable
{
    private static readonly DateTimeOffset s_at = DateTimeOffset.FromUnixTimeMilliseconds(1_767_225_600_123);
    private static readonly SpoolLimits s_wide = new(1 << 20, 100);
    private readonly TempDirectory _directory = new();
    private IAgentStore? _store;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SaveDesired_Twice_KeepsTheSecond(bool disk)
    {
        IAgentStore store = Make(disk);
        Assert.Null(store.LoadDesired());
        store.SaveDesired(new DesiredDocument(1, Digest.Of([1]), [1]));
        store.SaveDesired(new DesiredDocument(ulong.MaxValue, Digest.Of([2]), [2]));

        DesiredDocument kept = store.LoadDesired()!;

        Assert.Equal((ulong.MaxValue, Digest.Of([2])), (kept.Generation, kept.Digest));
        Assert.Equal([2], kept.Bytes);
    }

    [Fact]
    public void AppendBatch_Large_LeavesNoLargeLogBehind()
    {
        IAgentStore store = Make(disk: true);
        store.AppendBatch(new SpooledBatch(0, Guid.Empty, 1, new byte[4 << 20]), SpoolLimits.Default);
        store.RemoveBatch(Guid.Empty, 1);
        store.SaveSetting("small", "1");

        Assert.InRange(new FileInfo(_directory["agent.db-wal"]).Length, 1, 1 << 20);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SaveVm_EveryField_ComesBack(bool disk)
    {
        IAgentStore store = Make(disk);
        VmRecord full = new()
        {
            Spec = Specs.Vm("b", 7),
            Phase = VmPhase.Running,
            Run = new VmRun(Guid.NewGuid(), 4711, ulong.MaxValue, "boot", 9, s_at),
            Exit = new VmExit(null, "gone", s_at, GuestExitCause.OutOfMemory, "1.2.3"),
            LastExitCode = 3,
            Restarts = 2,
            Crashes = 4,
            RetryAt = s_at,
            DueAt = s_at.AddDays(1),
        };
        VmRecord empty = new() { Spec = Specs.Vm("a") };
        store.SaveVm(full);
        store.SaveVm(empty);

        IReadOnlyList<VmRecord> kept = store.LoadVms();

        Assert.Equal([empty.SpecDigest, full.SpecDigest], kept.Select(record => record.SpecDigest));
        Assert.Equal(full with { Spec = kept[1].Spec }, kept[1]);
        Assert.Equal(empty with { Spec = kept[0].Spec }, kept[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RemoveVm_KnownOne_IsGone(bool disk)
    {
        IAgentStore store = Make(disk);
        VmRecord record = new() { Spec = Specs.Vm() };
        store.SaveVm(record);

        store.RemoveVm(record.Name);

        Assert.Empty(store.LoadVms());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ReadBatches_AfterOne_GivesTheNextOldest(bool disk)
    {
        IAgentStore store = Make(disk);
        for (ulong i = 1; i <= 5; i++)
        {
            store.AppendBatch(Batch(i, 10), s_wide);
        }

        IReadOnlyList<SpooledBatch> first = store.ReadBatches(0, 2);

        Assert.Equal([1UL, 2UL], first.Select(batch => batch.Sequence));
        Assert.Equal([3UL, 4UL], store.ReadBatches(first[^1].Id, 2).Select(batch => batch.Sequence));
        Assert.True(store.RemoveBatch(Guid.Empty, 1));
        Assert.False(store.RemoveBatch(Guid.Empty, 1));
        Assert.Equal(2UL, store.ReadBatches(0, 1).Single().Sequence);
        Assert.Equal(new SpoolUsage(40, 4), store.ReadSpoolUsage());
    }

    [Theory]
    [InlineData(true, 35, 100)]
    [InlineData(true, 1000, 3)]
    [InlineData(false, 35, 100)]
    [InlineData(false, 1000, 3)]
    public void AppendBatch_OverALimit_DropsTheOldestAndCountsThem(bool disk, int bytes, int rows)
    {
        IAgentStore store = Make(disk);
        long last = 0;
        for (ulong i = 1; i <= 4; i++)
        {
            last = store.AppendBatch(Batch(i, 10), new SpoolLimits(bytes, rows));
        }

        Assert.Equal(1, last);
        Assert.Equal([2UL, 3UL, 4UL], store.ReadBatches(0, 10).Select(batch => batch.Sequence));
        Assert.Equal(new SpoolUsage(30, 3), store.ReadSpoolUsage());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AppendBatch_LargerThanTheLimit_StaysAlone(bool disk)
    {
        IAgentStore store = Make(disk);
        store.AppendBatch(Batch(1, 10), new SpoolLimits(5, 100));
        store.AppendBatch(Batch(2, 10), new SpoolLimits(5, 100));

        Assert.Equal(2UL, store.ReadBatches(0, 10).Single().Sequence);
    }

    [Fact]
    public void Open_AfterPowerLoss_HasEverythingThatWasAcknowledged()
    {
        IAgentStore store = Make(disk: true);
        store.SaveDesired(new DesiredDocument(4, Digest.Of([4]), [4]));
        store.SaveVm(new VmRecord { Spec = Specs.Vm() });
        store.AppendBatch(Batch(1, 10), s_wide);
        // What a power loss leaves: the files as they are, with the write-ahead log that nobody checkpointed.
        Directory.CreateDirectory(_directory["copy"]);
        foreach (string file in Directory.GetFiles(_directory.Path, "agent.db*"))
        {
            File.Copy(file, Path.Combine(_directory["copy"], Path.GetFileName(file)));
        }

        using SqliteStore reopened = SqliteStore.Open(Path.Combine(_directory["copy"], "agent.db"));

        Assert.Equal(4UL, reopened.LoadDesired()!.Generation);
        Assert.Single(reopened.LoadVms());
        Assert.Single(reopened.ReadBatches(0, 10));
    }

    [Fact]
    public void Open_FilesThatOthersCouldRead_AreTheAgentsAlone()
    {
        string[] files = [_directory["agent.db"], _directory["agent.db-wal"], _directory["agent.db-shm"]];
        Make(disk: true).SaveSetting("a", "b");
        Assert.All(files, AssertPrivate);
        _store!.Dispose();
        File.SetUnixFileMode(files[0], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        Make(disk: true).SaveSetting("a", "c");

        Assert.All(files, AssertPrivate);

        static void AssertPrivate(string file) => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Open_DatabaseOfANewerAgent_IsRefused()
    {
        string path = _directory["agent.db"];
        using (Microsoft.Data.Sqlite.SqliteConnection connection = new($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        StoreException fault = Assert.Throws<StoreException>(() => SqliteStore.Open(path));

        Assert.Contains("found 99: a newer agent wrote it", fault.Message);
    }

    [Fact]
    public void Open_DatabaseOfANewerAgentThatThisOneCanWorkWith_IsTakenAsItIs()
    {
        string path = _directory["newer.db"];
        SqliteStore.Open(path).Dispose();
        Execute(path, "ALTER TABLE vm ADD COLUMN later INTEGER NOT NULL DEFAULT 7; CREATE TABLE later (id INTEGER); PRAGMA user_version = 99");
        using (SqliteStore store = SqliteStore.Open(path))
        {
            store.SaveSetting("kept", "yes");
        }

        Execute(path, "UPDATE setting SET value = '98' WHERE name = 'schema.oldestReader'");
        Assert.Contains("found 99: a newer agent wrote it", Assert.Throws<StoreException>(() => SqliteStore.Open(path)).Message);

        static void Execute(string path, string sql)
        {
            using Microsoft.Data.Sqlite.SqliteConnection connection = new($"Data Source={path};Pooling=False");
            connection.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    [Fact]
    public void Open_FileThatIsNoDatabase_IsRefusedInOneLine()
    {
        File.WriteAllText(_directory["agent.db"], new string('x', 4096));

        StoreException fault = Assert.Throws<StoreException>(() => SqliteStore.Open(_directory["agent.db"]));

        Assert.StartsWith(_directory["agent.db"] + ": cannot be opened", fault.Message);
    }

    public void Dispose()
    {
        _store?.Dispose();
        _directory.Dispose();
    }

    private static SpooledBatch Batch(ulong sequence, int bytes) => new(0, Guid.Empty, sequence, new byte[bytes]);

    private IAgentStore Make(bool disk) => _store = disk ? SqliteStore.Open(_directory["agent.db"]) : new MemoryStore();
}
