using MicroVm.Benchmarks.Nested.Host.Scenarios;
using MicroVm.Benchmarks.Nested.Interop;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Host;

/// <summary>Process 1 of the nested host: sets up KVM and taps, runs the scenarios, reports on the second serial port, powers off.</summary>
internal static class HostProgram
{
    private const int PowerOffCommand = 0x4321FEDC;
    // The longest step takes 3 s of counted time; without it, a minute and more.
    private const int SilenceSeconds = 60;

    internal static void Run(string scenarios)
    {
        Mounts.MountKernelFileSystems();
        Mounts.Mount("tmpfs", "/tmp", 0);
        Mounts.Mount("debugfs", "/sys/kernel/debug", 0);
        Mounts.Mount("tracefs", "/sys/kernel/tracing", 0);
        GuestConsole.Reopen();
        Report report = new();
        Watchdog.Start(report, Parameter("bench_silence", SilenceSeconds), PowerOff);
        try
        {
            KernelModules.LoadAll();
            Interfaces.BringUp("lo", "127.0.0.1");
            HostContext context = new(report, Parameter("bench_rounds", 5), Parameter("bench_seconds", 600));
            foreach (string name in scenarios.Split(','))
            {
                report.Progress($"{name} begins at {File.ReadAllText("/proc/uptime").Split(' ')[0]} s");
                Scenario(name)(context);
            }

            report.Progress($"all done at {File.ReadAllText("/proc/uptime").Split(' ')[0]} s");
            report.End();
        }
        catch (Exception e)
        {
            report.Fault(e.ToString());
        }

        PowerOff();
    }

    private static void PowerOff() => _ = Libc.reboot(PowerOffCommand);

    private static Action<HostContext> Scenario(string name) => name switch
    {
        "kernel" => KernelScenario.Run,
        "boot" => BootScenario.Run,
        "debian" => DebianBootScenario.Run,
        "block" => BlockScenario.Run,
        "net" => NetScenario.Run,
        "vsock" => VsockScenario.Run,
        "memory" => MemoryScenario.Run,
        "growth" => GrowthScenario.Run,
        _ => throw new ArgumentException($"bench: expected a scenario, found '{name}'"),
    };

    private static int Parameter(string name, int fallback) =>
        Environment.GetEnvironmentVariable(name) is string text ? int.Parse(text) : fallback;
}
