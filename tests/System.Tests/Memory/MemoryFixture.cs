using MicroVm.TestKit;

namespace MicroVm.SystemTests.Memory;

/// <summary>
/// Four VMs with Debian's kernel of 96 to 192 MiB each on a device of 1 GiB that has memory for three of them at their most. Ten of them
/// are too many for an emulated processor; tests/bench.sh memory has ten with the small kernel.
/// </summary>
public class MemoryFixture : IAsyncLifetime
{
    internal virtual string DeviceId => "edge-5";

    internal virtual MemoryLoadOptions Options { get; } = new()
    {
        Vms = 4, AtTheirMost = 3, MinMib = 96, MaxMib = 192, LoadMib = 56, LoadedMib = 112, DeviceMib = 1024,
    };

    internal MemoryLoad Load { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Load = await MemoryLoad.StartAsync(DeviceId, Artifacts.ResultsFolder($"System.Tests.{DeviceId}"), Options);

    public async ValueTask DisposeAsync()
    {
        if (Load is not null)
        {
            await Load.DisposeAsync();
        }

        Console.WriteLine($"nested boots tried again: {NestedHang.Count}");
        GC.SuppressFinalize(this);
    }
}
