using MicroVm.Benchmarks.Nested.Host.Tracing;
using MicroVm.Benchmarks.Nested.Host.Vmms;
using MicroVm.Benchmarks.Nested.Images;
using MicroVm.Benchmarks.Nested.Interop;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Host.Scenarios;

/// <summary>The small kernel without devices: exec to init's first line, exits until then, exec to the first answer of the API.</summary>
internal static unsafe class BootScenario
{
    private const int TypeStream = 1;
    private const string InitrdPath = "/tmp/tiny.cpio";
    private const string MetricsPath = "/tmp/metrics.json";

    internal static void Run(HostContext context)
    {
        GuestSpec guest = new(HostContext.SmallKernel, WriteInitrd(), $"{HostContext.KernelArguments} -- wait");
        for (int round = 0; round <= context.Rounds; round++)
        {
            foreach (IVmm side in context.Sides)
            {
                (double boot, long exits, double end) = Boot(side, guest);
                double api = AnswerOfApi(side, guest);
                if (round > 0)
                {
                    context.Report.Sample("boot-init-ms", side.Name, boot);
                    context.Report.Sample("boot-exits", side.Name, exits);
                    context.Report.Sample("boot-end-ms", side.Name, end);
                    context.Report.Sample("boot-api-ms", side.Name, api);
                }
            }
        }

        foreach (IVmm side in HostContext.IsArm ? [] : context.Sides)
        {
            ReportTrace(context, "small kernel to init", side, guest);
        }
    }

    /// <summary>An initramfs that holds nothing but <see cref="TinyInit"/>.</summary>
    internal static string WriteInitrd()
    {
        CpioArchive archive = new();
        archive.AddDirectory("dev");
        archive.AddConsole();
        archive.AddProgram("init", TinyInit.Elf());
        File.WriteAllBytes(InitrdPath, archive.Finish());
        return InitrdPath;
    }

    /// <summary>Traces one boot to init's first line and says where it went.</summary>
    internal static void ReportTrace(HostContext context, string what, IVmm side, GuestSpec guest)
    {
        ExitTrace.Start(withStart: true);
        using NestedVm vm = NestedVm.Start(side.Command(guest with { Metrics = MetricsPath }));
        vm.WaitFor(TinyInit.FirstLine);
        double total = (NestedVm.NowNs - vm.StartedNs) / 1e3;
        ExitTrace trace = ExitTrace.Stop(vm.Pid);
        VcpuTimeline timeline = trace.Vcpu;
        context.Report.Info($"{what}, {side.Name}, traced: {total / 1e3:0.0} ms, until the guest is entered {(timeline.FirstEntryUs - (vm.StartedNs / 1e3)) / 1e3:0.0} ms; {timeline.Describe()}");
        context.Report.Info($"{what}, {side.Name}, accesses: {timeline.DescribeDetails(24)}");
        context.Report.Info($"{what}, {side.Name}, until the guest is entered: {trace.StartUp.Describe(10)}");
        vm.Type("");
        vm.WaitForExit();
        if (side is OurVmm)
        {
            context.Report.Info($"{what}, {side.Name}, its own metrics to the end: {Section(File.ReadAllText(MetricsPath), "vcpu")}");
        }
    }

    // The text of a JSON object within an object.
    private static string Section(string json, string name)
    {
        int start = json.LastIndexOf($"\"{name}\":", StringComparison.Ordinal);
        return start < 0 ? "none" : json[start..(json.IndexOf('}', start) + 1)];
    }

    private static (double Ms, long Exits, double EndMs) Boot(IVmm side, GuestSpec guest)
    {
        using NestedVm vm = NestedVm.Start(side.Command(guest));
        vm.WaitFor(TinyInit.FirstLine);
        double ms = (NestedVm.NowNs - vm.StartedNs) / 1e6;
        long exits = KvmStatistics.Exits(vm.Pid);
        long typed = NestedVm.NowNs;
        vm.Type("");
        vm.WaitForExit();
        return (ms, exits, (NestedVm.NowNs - typed) / 1e6);
    }

    private static double AnswerOfApi(IVmm side, GuestSpec guest)
    {
        string socket = $"/tmp/{side.Name}-api.sock";
        File.Delete(socket);
        using NestedVm vm = NestedVm.Start(side.CommandWithApi(guest, socket));
        int fd = OsFaultException.Check(Libc.socket(SockAddrUn.FamilyUnix, TypeStream | Fd.CloseOnExec, 0), "socket", "AF_UNIX");
        SockAddrUn address = SockAddrUn.Of(socket);
        TimeSpec pause = new() { Nanoseconds = 50_000 };
        // SAFETY: the kernel reads one address, one time span, and the request; one byte is written.
        while (Libc.connect(fd, &address, (uint)sizeof(SockAddrUn)) != 0)
        {
            _ = Native.nanosleep(&pause, null);
        }

        byte[] request = System.Text.Encoding.ASCII.GetBytes(side.ApiRequest);
        fixed (byte* start = request)
        {
            Streams.SendAll(fd, start, request.Length);
        }

        byte first;
        bool answered = Streams.ReceiveAll(fd, &first, 1);
        double ms = (NestedVm.NowNs - vm.StartedNs) / 1e6;
        _ = Libc.close(fd);
        return answered ? ms : throw new InvalidOperationException($"{side.Name}: the API closed the connection");
    }
}
