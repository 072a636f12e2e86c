namespace MicroVm.Benchmarks.Nested.Host.Scenarios;

/// <summary>Between the guest and the nested host, over a tap.</summary>
internal static class NetScenario
{
    internal static void Run(HostContext context)
    {
        LoadGuests.MakeTaps(context.Sides);
        Peers.ServeNetwork();
        using LoadGuests guests = new(context, context.Sides, static (_, guest) => guest with { HasNetwork = true });
        guests.Measure("net-udp", "udp {0}", 500);
        guests.Measure("net-tcp", "tcp echo {0}", 500);
        guests.Measure("net-out", "tcp out {0}", 32);
        guests.Measure("net-in", "tcp in {0}", 32);
    }
}
