namespace MicroVm.EdgeAgent.Telemetry.Workloads;

/// <summary>What a workload is told.</summary>
/// <param name="Status">HTTP status: 204 when all is taken, 400 when it is not of the form, 413 when it is too long, 429 when it is too much, 503 when nobody knows the sender.</param>
/// <param name="Reason">One line; empty when all is taken.</param>
internal readonly record struct MetricAnswer(int Status, string Reason)
{
    /// <summary>All is taken.</summary>
    internal static MetricAnswer Taken { get; } = new(204, "");
}
