using MicroVm.Benchmarks.Nested.Host.Vmms;

namespace MicroVm.Benchmarks.Nested.Host.Scenarios;

/// <summary>Between the guest and the nested host, over vsock; QEMU's is in the kernel, so nothing stands beside ours.</summary>
internal static class VsockScenario
{
    private const string SocketPath = "/tmp/v.sock";

    internal static void Run(HostContext context)
    {
        Peers.ServeVsock(SocketPath);
        using LoadGuests guests = new(context, context.Sides.OfType<OurVmm>(), static (_, guest) => guest with { Vsock = SocketPath });
        guests.Measure("vsock-echo", "vsock echo {0}", 500);
        guests.Measure("vsock-out", "vsock out {0}", 32);
        guests.Measure("vsock-in", "vsock in {0}", 32);
    }
}
