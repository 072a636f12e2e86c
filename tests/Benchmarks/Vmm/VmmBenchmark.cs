using System.Diagnostics;
using MicroVm.Benchmarks.Interop;
using MicroVm.Benchmarks.Measuring;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Vmm;

/// <summary>
/// <c>microvm-vmm</c> beside <c>qemu-system-x86_64 -M microvm</c>, both on this machine's /dev/kvm, same guest, same run:
/// resident memory outside guest memory, process start to guest exit, and starts a second. Rounds alternate between the two.
/// </summary>
internal sealed class VmmBenchmark(string vmm, string qemu, string workFolder, Figures figures)
{
    private const int Rounds = 20;
    private const int MemoryMib = 128;
    // isa-debug-exit ends QEMU with (value << 1) | 1.
    private const int QemuDebugExitCode = 1;
    private const double GoalResidentKib = 3072;
    private const double GoalCpuRatio = 0.10;
    private const double GoalWallRatio = 0.15;
    private const int Starters = 4;
    private const double GoalStartsPerSecond = 250;
    private static readonly TimeSpan s_startingTime = TimeSpan.FromSeconds(3);

    internal void Run()
    {
        string endKernel = Write("end.elf", TinyKernel.EndAtOnce());
        string haltKernel = Write("halt.elf", TinyKernel.SayAndHalt());
        string disk = Write("disk.raw", new byte[1 << 20]);

        MeasureMemory(haltKernel, disk);
        string config = Config("start.json", endKernel, "/dev/null", "");
        string[] ours = [vmm, "--no-api", "--config-file", config];
        string[] peer = [.. Qemu(endKernel), "-serial", "null", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"];
        MeasureStart(ours, peer);
        MeasureStartRate(ours, peer);
    }

    private void MeasureMemory(string kernel, string disk)
    {
        string serial = Path.Combine(workFolder, "serial.txt");
        string bare = Config("memory-bare.json", kernel, serial, "");
        string full = Config(
            "memory-devices.json",
            kernel,
            serial,
            $$"""
            ,"drives":[{"drive_id":"d","path_on_host":"{{disk}}","is_root_device":false,"is_read_only":false}]
            ,"vsock":{"guest_cid":3,"uds_path":"{{Path.Combine(workFolder, "v.sock")}}"},"entropy":{}
            ,"balloon":{"amount_mib":0,"deflate_on_oom":true,"free_page_reporting":true}
            """);
        ProcessMemory ours = Resident([vmm, "--no-api", "--config-file", bare], serial, pid => ProcessMemory.Read(pid, MemoryMib));
        ProcessMemory oursFull = Resident([vmm, "--no-api", "--config-file", full], serial, pid => ProcessMemory.Read(pid, MemoryMib));
        ProcessMemory peer = Resident(
            [.. Qemu(kernel), "-serial", $"file:{serial}"], serial, pid => ProcessMemory.Read(pid, "memory-backend-memfd"));
        figures.AtMost("resident outside guest memory, no device", ours.RssKib, GoalResidentKib, " KiB", peer: $"{peer.RssKib:N0} KiB");
        figures.AtMost("resident outside guest memory, block, vsock, rng, balloon", oursFull.RssKib, GoalResidentKib, " KiB");
        figures.Say("PSS / private dirty, no device", $"{ours.PssKib:N0} / {ours.PrivateDirtyKib:N0} KiB; qemu microvm {peer.PssKib:N0} / {peer.PrivateDirtyKib:N0} KiB");
        figures.Say("PSS / private dirty, block, vsock, rng, balloon", $"{oursFull.PssKib:N0} / {oursFull.PrivateDirtyKib:N0} KiB");
    }

    private void MeasureStart(string[] our, string[] their)
    {
        List<ChildProcess.Usage> ours = [], peers = [];
        for (int round = -2; round < Rounds; round++)
        {
            ChildProcess.Usage ourUsage = Expect(0, our);
            ChildProcess.Usage theirUsage = Expect(QemuDebugExitCode, their);
            if (round >= 0)
            {
                ours.Add(ourUsage);
                peers.Add(theirUsage);
            }
        }

        double cpu = Figures.Median(ours.Select(u => u.CpuMs)), wall = Figures.Median(ours.Select(u => u.WallMs));
        double peerCpu = Figures.Median(peers.Select(u => u.CpuMs)), peerWall = Figures.Median(peers.Select(u => u.WallMs));
        figures.AtMost("start to guest exit, CPU ratio", cpu / peerCpu, GoalCpuRatio, "x", $"{cpu:0.0} ms", $"{peerCpu:0.0} ms");
        figures.AtMost("start to guest exit, wall ratio", wall / peerWall, GoalWallRatio, "x", $"{wall:0.0} ms", $"{peerWall:0.0} ms");
    }

    private void MeasureStartRate(string[] our, string[] their)
    {
        double rate = StartsPerSecond(0, our), peerRate = StartsPerSecond(QemuDebugExitCode, their);
        figures.AtLeast($"created, run and torn down by {Starters} starters", rate, GoalStartsPerSecond, "/s", peer: $"{peerRate:0}/s");
    }

    private static double StartsPerSecond(int exitCode, IReadOnlyList<string> arguments)
    {
        int ended = 0;
        Stopwatch watch = Stopwatch.StartNew();
        Task[] starters = [.. Enumerable.Range(0, Starters).Select(_ => Task.Factory.StartNew(StartInTurn, TaskCreationOptions.LongRunning))];
        Task.WaitAll(starters);
        return ended / watch.Elapsed.TotalSeconds;

        void StartInTurn()
        {
            while (watch.Elapsed < s_startingTime)
            {
                Expect(exitCode, arguments);
                Interlocked.Increment(ref ended);
            }
        }
    }

    private static ChildProcess.Usage Expect(int exitCode, IReadOnlyList<string> arguments)
    {
        ChildProcess.Usage usage = ChildProcess.Run(arguments);
        return usage.ExitCode == exitCode
            ? usage
            : throw new InvalidOperationException($"{Path.GetFileName(arguments[0])} ended with exit code {usage.ExitCode}, expected {exitCode}: {string.Join(' ', arguments)}");
    }

    private static ProcessMemory Resident(IReadOnlyList<string> arguments, string serial, Func<int, ProcessMemory> read)
    {
        File.Delete(serial);
        int pid = ChildProcess.Start(arguments);
        try
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (!File.Exists(serial) || new FileInfo(serial).Length == 0)
            {
                if (watch.Elapsed > TimeSpan.FromSeconds(20))
                {
                    throw new InvalidOperationException($"the guest did not write to its serial port: {string.Join(' ', arguments)}");
                }

                Thread.Sleep(20);
            }

            Thread.Sleep(300); // settle: what runs behind the first instruction is part of the figure
            return read(pid);
        }
        finally
        {
            ChildProcess.Kill(pid);
        }
    }

    private IReadOnlyList<string> Qemu(string kernel) =>
    [
        qemu, "-M", "microvm,accel=kvm,memory-backend=ram", "-object", $"memory-backend-memfd,id=ram,size={MemoryMib}M",
        "-m", $"{MemoryMib}", "-smp", "1", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-kernel", kernel,
    ];

    private string Config(string name, string kernel, string serial, string more) => Write(
        name,
        System.Text.Encoding.UTF8.GetBytes(
            $$"""
            {"machine-config":{"vcpu_count":1,"mem_size_mib":{{MemoryMib}}},"boot-source":{"kernel_image_path":"{{kernel}}","boot_args":"console=ttyS0"},
            "serial":{"serial_out_path":"{{serial}}"}{{more}}}
            """));

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(workFolder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
