using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Reconcile;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>Takes samples at the interval of the desired state's settings.</summary>
internal sealed class SamplingLoop(
    DesiredIntake intake, HostSampler host, VmSampler vms, TelemetryCollector collector, TimeProvider time, ILogger logger)
{
    private readonly AsyncSignal _changed = new();

    /// <summary>The settings may have changed: a new interval begins at once.</summary>
    internal void OnSettingsChanged() => _changed.Set();

    /// <summary>Samples for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                collector.AddSamples(host.Take(), vms.Take());
            }
            catch (Exception e) when (e is IOException or OsFaultException)
            {
                Log.SampleFailed(logger, e.Message);
            }

            TimeSpan interval = TimeSpan.FromSeconds(intake.Current.Settings.TelemetryIntervalSeconds);
            await _changed.WaitAsync(interval, time, cancellation);
        }
    }
}
