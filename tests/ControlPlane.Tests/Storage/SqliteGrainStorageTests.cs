using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.ControlPlane.Host.Storage.Grains;
using Orleans.Runtime;
using Orleans.Storage;

namespace MicroVm.ControlPlane.Tests.Storage;

public sealed class SqliteGrainStorageTests : IDisposable
{
    private static readonly GrainId s_grain = GrainId.Create("test", "one");

    private readonly string _directory = Directory.CreateTempSubdirectory("microvm-cp-").FullName;
    private Database _database;

    public SqliteGrainStorageTests() => _database = Database.Open(DataDirectory.Open(_directory));

    private SqliteGrainStorage Storage => new(_database);

    public void Dispose()
    {
        _database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Read_NothingWritten_IsAnEmptyStateWithoutARecord()
    {
        GrainState<Counter> state = await ReadAsync();

        Assert.False(state.RecordExists);
        Assert.Equal(0, state.State!.Value);
    }

    [Fact]
    public async Task Write_AndReadAfterAReopen_GivesTheSame()
    {
        GrainState<Counter> state = await ReadAsync();
        state.State = new Counter { Value = 7 };
        await Storage.WriteStateAsync("s", s_grain, state);
        _database.Dispose();
        _database = Database.Open(DataDirectory.Open(_directory));

        GrainState<Counter> again = await ReadAsync();

        Assert.True(again.RecordExists);
        Assert.Equal((7, state.ETag), (again.State!.Value, again.ETag));
    }

    [Fact]
    public async Task Write_WithAnOldETag_FailsAndKeepsTheNewer()
    {
        GrainState<Counter> one = await ReadAsync(), other = await ReadAsync();
        one.State = new Counter { Value = 1 };
        await Storage.WriteStateAsync("s", s_grain, one);
        GrainState<Counter> late = await ReadAsync();
        one.State = new Counter { Value = 2 };
        await Storage.WriteStateAsync("s", s_grain, one);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("s", s_grain, other));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("s", s_grain, late));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("s", s_grain, late));

        Assert.Equal(2, (await ReadAsync()).State!.Value);
    }

    [Fact]
    public async Task Clear_State_ForgetsItAndTakesANewOne()
    {
        GrainState<Counter> state = await ReadAsync();
        await Storage.WriteStateAsync("s", s_grain, state);

        await Storage.ClearStateAsync("s", s_grain, state);
        Assert.False((await ReadAsync()).RecordExists);
        await Storage.WriteStateAsync("s", s_grain, state);

        Assert.True((await ReadAsync()).RecordExists);
    }

    private async Task<GrainState<Counter>> ReadAsync()
    {
        GrainState<Counter> state = new();
        await Storage.ReadStateAsync("s", s_grain, state);
        return state;
    }

    internal sealed class Counter
    {
        public int Value { get; set; }
    }
}
