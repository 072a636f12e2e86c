using MicroVm.Benchmarks.Nested.Host.Tracing;
using MicroVm.Benchmarks.Nested.Host.Vmms;
using MicroVm.Benchmarks.Nested.Interop;

namespace MicroVm.Benchmarks.Nested.Host.Scenarios;

/// <summary>One running guest of each side, which take turns at the same work.</summary>
internal sealed class LoadGuests : IDisposable
{
    private const int TracedShare = 4;
    private readonly HostContext _context;
    private readonly List<(IVmm Side, NestedVm Vm)> _guests = [];

    internal LoadGuests(HostContext context, IEnumerable<IVmm> sides, Func<IVmm, GuestSpec, GuestSpec> devices)
    {
        _context = context;
        foreach (IVmm side in sides)
        {
            _guests.Add((side, Start(side, devices)));
        }
    }

    /// <summary>The guests that run, each with its VMM's process.</summary>
    internal IReadOnlyList<(IVmm Side, NestedVm Vm)> Guests => _guests;

    /// <summary>Starts a guest that takes commands.</summary>
    internal static NestedVm Start(IVmm side, Func<IVmm, GuestSpec, GuestSpec> devices)
    {
        string arguments = $"{HostContext.KernelArguments} bench_peer={side.TapAddress}";
        GuestSpec guest = devices(side, new GuestSpec(HostContext.SmallKernel, HostContext.LoadInitrd, arguments));
        NestedVm vm = NestedVm.Start(side.Command(guest.HasNetwork ? guest with { Arguments = $"{arguments} bench_ip={side.GuestAddress}" } : guest));
        vm.WaitFor(NestedProtocol.Ready);
        return vm;
    }

    /// <summary>Makes a disk full of data for a side, in memory.</summary>
    internal static string MakeDisk(IVmm side)
    {
        string path = $"/tmp/{side.Name}.disk";
        using FileStream file = File.Create(path);
        byte[] chunk = new byte[1 << 20];
        for (long done = 0; done < NestedProtocol.DiskBytes; done += chunk.Length)
        {
            chunk.AsSpan().Fill((byte)done);
            file.Write(chunk);
        }

        return path;
    }

    /// <summary>Makes the taps of the sides and gives them their addresses.</summary>
    internal static void MakeTaps(IEnumerable<IVmm> sides)
    {
        foreach (IVmm side in sides)
        {
            if (!Directory.Exists($"/sys/class/net/{side.Tap}"))
            {
                Interfaces.MakeTap(side.Tap);
                Interfaces.BringUp(side.Tap, side.TapAddress);
            }
        }
    }

    /// <summary>
    /// Has all guests do <paramref name="work"/> in turn, in microseconds per unit of <paramref name="amount"/>; then once
    /// more, a quarter of it, for exits, notifications and interrupts.
    /// </summary>
    /// <param name="figure">Name of the figure.</param>
    /// <param name="work">A command of the guest with {0} for the amount.</param>
    /// <param name="amount">Requests, round trips or MiB.</param>
    internal void Measure(string figure, string work, int amount)
    {
        for (int round = 0; round <= _context.Rounds; round++)
        {
            foreach ((IVmm side, NestedVm vm) in _guests)
            {
                (long ns, long interrupts) = vm.Ask(string.Format(work, amount));
                if (round > 0)
                {
                    _context.Report.Sample($"{figure}-us", side.Name, ns / 1e3 / amount);
                    _context.Report.Sample($"{figure}-irqs", side.Name, (double)interrupts / amount);
                }
            }
        }

        int traced = Math.Max(1, amount / TracedShare);
        foreach ((IVmm side, NestedVm vm) in _guests)
        {
            ExitTrace.Start();
            vm.Ask(string.Format(work, traced));
            VcpuTimeline timeline = ExitTrace.Stop(vm.Pid).Vcpu;
            _context.Report.Sample($"{figure}-exits", side.Name, (double)timeline.Exits / traced);
            _context.Report.Sample($"{figure}-kicks", side.Name, (double)timeline.Notifications / traced);
            _context.Report.Info($"{figure}, {side.Name}, traced, {traced} units: {timeline.Describe()}");
        }
    }

    public void Dispose()
    {
        foreach ((_, NestedVm vm) in _guests)
        {
            vm.Dispose();
        }
    }
}
