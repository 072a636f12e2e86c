using System.Globalization;
using System.Text.Json;
using MicroVm.Benchmarks.Measuring;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Agent;

/// <summary>
/// What the agent itself takes of a device: the release binary with ten VMs, connected by TLS, through 10,000 passes of
/// reconciling and a million telemetry points. VMMs and guests are played, so that no processor is spent on them: the agent
/// cannot tell, except that its VMs have no network.
/// </summary>
internal sealed class AgentBenchmark(string agent, string workFolder, Figures figures)
{
    private const int Vms = 10;
    private const int Passes = 10_000;
    private const double GoalResidentKib = 24 << 10, GoalGrowthKib = 512, GoalCpuPercent = 0.5, GoalBinaryMb = 12;
    private readonly int _points = int.Parse(Environment.GetEnvironmentVariable("MICROVM_BENCH_POINTS") ?? "1000000", CultureInfo.InvariantCulture);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60), s_idle = TimeSpan.FromSeconds(60);

    internal async Task RunAsync()
    {
        figures.AtMost("agent binary", Math.Round(new FileInfo(agent).Length / 1e6, 2), GoalBinaryMb, " MB");
        DeviceId device = DeviceId.Parse("bench-1");
        int port = FreePort.Take();
        await using PlayedGateway gateway = new(device, port);
        await gateway.StartAsync();
        using AgentUnderTest process = AgentUnderTest.Start(agent, workFolder, device, port);
        await gateway.Hello.WaitAsync(s_limit);
        await gateway.NextReportAsync(s_limit);
        figures.Say("agent resident, just connected, no VM", $"{process.ResidentKib:N0} KiB");

        VmSpec[] specs = [.. Enumerable.Range(1, Vms).Select(SpecOf)];
        process.PlaceImage();
        await gateway.PushAsync(specs, AgentSettings.DefaultTelemetryIntervalSeconds);
        PlayedGuest[] guests = await Task.WhenAll(specs.Select(spec => PlayedGuest.BootAsync(process.ChannelOf(spec.Name), s_limit)));
        await gateway.NextReportAsync(s_limit);
        await Task.Delay(TimeSpan.FromSeconds(10));
        double cpu = process.CpuSeconds;
        await Task.Delay(s_idle);
        figures.AtMost(
            $"agent CPU, {Vms} VMs, nothing changes", Math.Round((process.CpuSeconds - cpu) / s_idle.TotalSeconds * 100, 2), GoalCpuPercent, " % of a core");

        figures.AtMost($"agent resident, {Vms} VMs, after a minute", process.ResidentKib, GoalResidentKib, " KiB");

        double half = await ReconcileAsync(process);
        figures.AtMost($"agent resident after {Passes} reconcile passes", process.ResidentKib, GoalResidentKib, " KiB");
        figures.AtMost("agent growth over the second half of the passes", process.ResidentKib - half, GoalGrowthKib, " KiB");
        await MeasureMetricsAsync(process, gateway, specs);
        figures.Say("agent resident at most, at its start", $"{process.PeakKib:N0} KiB");
        figures.Say("agent memory by mapping, KiB", string.Join(", ", process.Mappings().Take(12)));
        figures.Say("samples on the wire", $"{PerPoint(gateway.SampleBytes, gateway.SampleValues)} bytes a value, {gateway.SampleValues:N0} values");
        double floor = await MqttFloor.ResidentKibAsync(gateway, Path.Combine(workFolder, "floor"), port);
        figures.Say("resident, beside mosquitto_sub as the floor", $"{process.ResidentKib:N0} KiB, {floor:N0} KiB");
        figures.Say("on the disk, beside mosquitto_sub as the floor", $"{DiskMb():N1} MB, {MqttFloor.DiskMb:N1} MB");
        figures.Say("others' resident memory, by their own documents", "Greengrass nucleus lite 15 MB, k3s agent 275 MB, EVE 640 MB");
        foreach (PlayedGuest guest in guests)
        {
            guest.Dispose();
        }
    }

    /// <summary>Every VM's workload writes as many points as the agent takes: 1,000 in ten seconds.</summary>
    private async Task MeasureMetricsAsync(AgentUnderTest process, PlayedGateway gateway, IReadOnlyList<VmSpec> specs)
    {
        int half = _points / Vms / 2;
        PlayedMetrics[] workloads = [.. specs.Select(spec => new PlayedMetrics(process.MetricsOf(spec.Name)))];
        int taken = (await Task.WhenAll(workloads.Select(workload => workload.WriteAsync(half)))).Sum();
        double resident = process.ResidentKib, cpu = process.CpuSeconds;
        taken += (await Task.WhenAll(workloads.Select(workload => workload.WriteAsync(half)))).Sum();
        cpu = process.CpuSeconds - cpu;
        using CancellationTokenSource late = new(s_limit);
        while (gateway.Metrics < taken)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), late.Token);
        }

        figures.AtMost("telemetry points that did not arrive or arrived twice", Math.Abs(gateway.Metrics - taken), 0, "");
        figures.AtMost($"agent resident after {taken:N0} telemetry points", process.ResidentKib, GoalResidentKib, " KiB");
        figures.AtMost("agent growth over the second half of the points", process.ResidentKib - resident, GoalGrowthKib, " KiB");
        figures.Say("points of workloads on the wire", $"{PerPoint(gateway.MetricBytes, gateway.Metrics)} bytes a point");
        figures.Say("agent CPU a point", string.Create(CultureInfo.InvariantCulture, $"{cpu * 2e6 / taken:F1} µs"));
    }

    private static string PerPoint(long bytes, long points) => string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / Math.Max(1, points):F2}");

    /// <summary>Each switch of the pause has every VM looked at once.</summary>
    /// <returns>Resident KiB halfway.</returns>
    private static async Task<double> ReconcileAsync(AgentUnderTest process)
    {
        double half = 0;
        for (long began = await PassesAsync(process), passes = 0; passes < Passes; passes = await PassesAsync(process) - began)
        {
            Expect(await process.AskAsync("pause bench"));
            Expect(await process.AskAsync("resume"));
            half = passes < Passes / 2 ? process.ResidentKib : half;
        }

        return half;
    }

    private static async Task<long> PassesAsync(AgentUnderTest process)
    {
        using JsonDocument status = JsonDocument.Parse((await process.AskAsync("status")).Split('\n', 2)[1]);
        return status.RootElement.GetProperty("reconcilePasses").GetInt64();
    }

    /// <summary>The agent and the library that it brings.</summary>
    private double DiskMb() =>
        new[] { agent, Path.Combine(Path.GetDirectoryName(agent)!, "libe_sqlite3.so") }.Sum(static file => new FileInfo(file).Length) / 1e6;

    private static void Expect(string answer)
    {
        if (!answer.StartsWith("ok", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"local socket: expected ok, found: {answer}");
        }
    }

    private static VmSpec SpecOf(int number) => new()
    {
        Name = ResourceName.Parse($"vm-{number}"),
        Deployment = ResourceName.Parse($"vm-{number}"),
        Revision = 1,
        Image = AgentUnderTest.Image,
        Process = new ProcessSpec(["/bin/true"], new Dictionary<string, string>(), "/", ""),
        MemoryMib = 64,
    };
}
