using System.Net.Sockets;
using MicroVm.ControlPlane.Tests.Kit;

namespace MicroVm.ControlPlane.Tests.Security;

/// <summary>Who wants memory, connections or time. Alone in the process, because it measures the whole heap.</summary>
[Collection(AloneCollection.Name)]
public sealed class ExhaustionTests
{
    private const int Connections = 32;
    private static readonly byte[] s_bomb = [0x10, 0xFF, 0xFF, 0xFF, 0x7F];

    [Fact]
    public Task LengthBomb_BeforeTls_IsCutOffAndTheHeapStaysFlat() => AssertFlatAsync(
        static controlPlane => RawMqtt.OpenPlainAsync(controlPlane), s_bomb, 8 << 20);

    [Fact]
    public Task LengthBomb_AfterTls_IsCutOffAndTheHeapStaysFlat() => AssertFlatAsync(
        static controlPlane => RawMqtt.OpenAsync(controlPlane), s_bomb, 64 << 20);

    [Fact]
    public Task SlowLoris_BeforeTls_IsCutOffAndTheHeapStaysFlat() => AssertFlatAsync(
        static controlPlane => RawMqtt.OpenPlainAsync(controlPlane), [0x16], 8 << 20);

    [Fact]
    public Task SlowLoris_AfterTls_IsCutOffAndTheHeapStaysFlat() => AssertFlatAsync(
        static controlPlane => RawMqtt.OpenAsync(controlPlane), [0x10], 64 << 20);

    [Fact]
    public async Task ConnectsOverTheRate_AreCutOffBeforeTheirHandshake()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(options: options => options with { MaxConnectsPerSecond = 1 });
        List<RawMqtt> connections = [];
        for (int i = 0; i < 8; i++)
        {
            try
            {
                connections.Add(await RawMqtt.OpenPlainAsync(controlPlane));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Cut off before this end had noticed that it was connected.
            }
        }

        foreach (RawMqtt connection in connections.Skip(2))
        {
            await using (connection)
            {
                Assert.True(await connection.IsClosedAsync());
            }
        }

        Assert.InRange(controlPlane.Counters.ConnectionsOverRate, 1, 7);
        foreach (RawMqtt connection in connections.Take(2))
        {
            await connection.DisposeAsync();
        }
    }

    private static async Task AssertFlatAsync(Func<RunningControlPlane, Task<RawMqtt>> open, byte[] bytes, long limit)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await EndAsync([await BeginAsync(controlPlane, open, bytes)]);
        long before = GC.GetTotalAllocatedBytes(precise: true);

        List<RawMqtt> connections = [];
        for (int i = 0; i < Connections; i++)
        {
            connections.Add(await BeginAsync(controlPlane, open, bytes));
        }

        await EndAsync(connections);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.True(allocated < limit, $"{Connections} connections: expected under {limit} bytes allocated, found {allocated}");
        await using FakeDevice device = await new FakeDevice("edge-2").StartAsync(controlPlane);
        Assert.Empty(await device.DrainAsync());
    }

    private static async Task<RawMqtt> BeginAsync(RunningControlPlane controlPlane, Func<RunningControlPlane, Task<RawMqtt>> open, byte[] bytes)
    {
        RawMqtt raw = await open(controlPlane);
        await raw.SendAsync(bytes);
        return raw;
    }

    private static async Task EndAsync(IReadOnlyList<RawMqtt> connections)
    {
        foreach (RawMqtt raw in connections)
        {
            await using (raw)
            {
                Assert.True(await raw.IsClosedAsync());
            }
        }
    }
}
