using System.Diagnostics;
using System.Globalization;
using MicroVm.Benchmarks.Measuring;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Agent;

/// <summary>
/// Ten VMs of 32 to 96 MiB with the small kernel on a device of 1 GiB that has memory for six of them at their most; three at a time
/// take 48 MiB, and the three change. Prints what it cost and writes who held what as a plot.
/// </summary>
internal sealed class MemoryBenchmark(string root, string artifacts, string workFolder, Figures figures)
{
    private const double GoalSeconds = 90, GoalAgentKib = 24 << 10;

    private static readonly int[][] s_rounds = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 0, 1]];

    internal async Task RunAsync()
    {
        string media = Path.Combine(workFolder, "media.squashfs");
        using (Process script = Process.Start("bash", [Path.Combine(root, "tests/Benchmarks/Workloads/media.sh"), media, Path.Combine(artifacts, "microvm-init")]))
        {
            await script.WaitForExitAsync();
            if (script.ExitCode != 0)
            {
                throw new InvalidOperationException($"media.sh ended with exit code {script.ExitCode}");
            }
        }

        MemoryLoadOptions options = new() { MinMib = 32, MaxMib = 96, LoadMib = 48, LoadedMib = 64, DeviceMib = 1024, Media = media };
        string results = Directory.CreateDirectory(Path.Combine(workFolder, "memory")).FullName;
        await using MemoryLoad load = await MemoryLoad.StartAsync("bench-3", results, options);
        MemorySample idle = await load.SampleUntilAsync(
            "all have settled at their least", sample => sample.Vms.Count == options.Vms && sample.Vms.All(vm => vm.GrantedMib <= options.MinMib + 16));
        List<double> waits = [];
        int[] before = [];
        foreach (int[] round in s_rounds)
        {
            waits.Add((await load.MoveAsync(before, round)).TotalSeconds);
            before = round;
        }

        string status = (await load.Device.RunAsync("grep VmRSS: /proc/$(cat /run/agent.pid)/status")).Succeeded();
        figures.AtMost("agent resident on that device, real VMs, network, TLS", double.Parse(status.Split(':', 'k')[1], CultureInfo.InvariantCulture), GoalAgentKib, " KiB");
        Report(load, options, idle, waits);
    }

    private void Report(MemoryLoad load, MemoryLoadOptions options, MemorySample idle, List<double> waits)
    {
        Dictionary<string, int> pids = idle.Vms.ToDictionary(vm => vm.Name, vm => vm.Pid);
        long overhead = (long)options.Vms * MemoryLoadOptions.VmmMib;
        figures.AtMost("VMs that ended while load moved", load.Samples.Max(sample => sample.Vms.Count(vm => pids.TryGetValue(vm.Name, out int pid) && vm.Pid != pid)), 0, "");
        figures.AtMost("granted to ten VMs, with their VMMs, at most", load.Samples.Max(sample => sample.GrantedMib) + overhead, options.BudgetMib, " MiB");
        figures.AtMost("held by ten VMs and VMMs, at most", load.Samples.Max(sample => sample.HeldMib), options.BudgetMib, " MiB");
        figures.Say("charged to their cgroup, at most", $"{load.Samples.Max(sample => sample.ChargedMib)} MiB, with tables and file pages; {load.Samples.Min(sample => sample.AvailableMib)} MiB of the device were left at least");
        figures.Say("held by ten idle VMs and VMMs", $"{idle.HeldMib} MiB, {idle.ChargedMib} MiB charged");
        figures.AtMost($"3 x {options.LoadMib} MiB of load, asked for until there, the longest of {waits.Count} moves", Math.Round(waits.Max(), 1), GoalSeconds, " s");
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(root, "artifacts/figures")).FullName, "memory.svg");
        File.WriteAllText(path, MemoryPlot.Draw(load.Samples, options));
        figures.Note($"memory over time, each VM: {Path.GetRelativePath(root, path)}");
        foreach (MemorySample sample in load.Samples.Where((_, i) => i % Math.Max(1, load.Samples.Count / 20) == 0))
        {
            figures.Note($"{sample.Seconds,5:0} s  {string.Join(' ', sample.Vms.Select(vm => $"{vm.HeldMib,3}"))}  = {sample.HeldMib}, {sample.GrantedMib} granted, {sample.ChargedMib} charged");
        }
    }
}
