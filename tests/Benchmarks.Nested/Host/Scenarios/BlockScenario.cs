namespace MicroVm.Benchmarks.Nested.Host.Scenarios;

/// <summary>Requests to a disk in the nested host's memory, past the guest's page cache, one at a time.</summary>
internal static class BlockScenario
{
    internal static void Run(HostContext context)
    {
        using LoadGuests guests = new(context, context.Sides, static (side, guest) => guest with { Disk = LoadGuests.MakeDisk(side) });
        guests.Measure("block-read-4k", "read 4096 {0} random", 1000);
        guests.Measure("block-write-4k", "write 4096 {0} random", 1000);
        guests.Measure("block-read-128k", "read 131072 {0} sequential", 200);
        guests.Measure("block-write-128k", "write 131072 {0} sequential", 200);
    }
}
