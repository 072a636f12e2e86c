using MicroVm.TestKit;

namespace MicroVm.SystemTests.Memory;

/// <summary>
/// Ten VMs with Debian's kernel of 96 to 192 MiB each on a device that has memory for six of them at their most: the stock kernel
/// needs about 60 MiB for itself, so the device is larger than the smallest that is sold.
/// </summary>
public sealed class MemoryFixture : IAsyncLifetime
{
    internal MemoryLoadOptions Options { get; } = new() { MinMib = 96, MaxMib = 192, LoadMib = 56, LoadedMib = 112, DeviceMib = 1792 };

    internal MemoryLoad Load { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Load = await MemoryLoad.StartAsync("edge-5", Artifacts.ResultsFolder("System.Tests.edge-5"), Options);

    public async ValueTask DisposeAsync()
    {
        if (Load is not null)
        {
            await Load.DisposeAsync();
        }

        Console.WriteLine($"nested boots tried again: {NestedHang.Count}");
    }
}
