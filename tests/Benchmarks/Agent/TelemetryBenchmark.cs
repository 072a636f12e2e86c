using MicroVm.Benchmarks.Measuring;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.Benchmarks.Agent;

/// <summary>Bytes of an MQTT payload for each value that a device with ten VMs measures (<see cref="TelemetryModel"/>).</summary>
internal sealed class TelemetryBenchmark(Figures figures)
{
    private const int Minutes = 30;
    private const double GoalBytes = 2;

    internal void Run()
    {
        TimeSpan five = TimeSpan.FromSeconds(5);
        // What the agent makes of samples every five seconds, of samples every thirty, and of metrics.
        figures.AtMost("telemetry, samples every 5 s, bytes a point", Measure(five, rows: 6, isMetrics: false), GoalBytes, "");
        figures.Say("telemetry, samples every 30 s, bytes a point", $"{Measure(TimeSpan.FromSeconds(30), rows: 1, isMetrics: false):0.00}");
        figures.Say("telemetry, workloads' metrics every 5 s, bytes a point", $"{Measure(five, rows: 6, isMetrics: true):0.00}");
    }

    private static double Measure(TimeSpan interval, int rows, bool isMetrics)
    {
        TelemetryModel model = new();
        long bytes = 0, points = 0;
        int batches = (int)(TimeSpan.FromMinutes(Minutes) / interval) / rows;
        for (int i = 0; i < batches; i++)
        {
            TelemetryBatch batch = Batch(model, interval, rows, isMetrics, (ulong)i + 1);
            bytes += TelemetryBatch.AddStamp(batch.Encode(), new SendStamp(batch.BaseUnixMs + 40, ClockQuality.Synchronised, 30_040)).Length;
            points += TelemetryModel.Points(batch);
        }

        return (double)bytes / points;
    }

    private static TelemetryBatch Batch(TelemetryModel model, TimeSpan interval, int rows, bool isMetrics, ulong sequence)
    {
        List<HostSample> hosts = [];
        List<VmSample> vms = [];
        List<MetricPoint> metrics = [];
        for (int row = 0; row < rows; row++)
        {
            (HostSample host, VmSample[] ofVms, MetricPoint[] ofWorkloads) = model.Next(interval);
            hosts.Add(host);
            vms.AddRange(ofVms);
            metrics.AddRange(ofWorkloads);
        }

        long began = hosts[0].AtUnixMs;
        return new TelemetryBatch
        {
            Header = new UplinkHeader(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), sequence, began),
            Hosts = isMetrics ? [] : hosts,
            Vms = isMetrics ? [] : vms,
            Metrics = isMetrics ? metrics : [],
            BaseUnixMs = began,
            BaseUptimeMs = 90_000_000,
            Clock = ClockQuality.Synchronised,
        };
    }
}
