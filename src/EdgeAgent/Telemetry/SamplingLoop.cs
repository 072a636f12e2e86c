using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Telemetry.Clocks;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>Takes samples at the interval of the desired state's settings.</summary>
internal sealed class SamplingLoop(
    DesiredIntake intake, HostSampler host, VmSampler vms, TelemetryCollector collector, IDeviceClock clock, BootTimeKeeper boots, TimeProvider time, ILogger logger)
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
                ClockReading now = clock.Read();
                NetworkCounters network = NetworkCounters.Read(host.Proc);
                collector.AddSamples(host.Take(now, network), vms.Take(now, network));
                boots.Note(now);
            }
            catch (Exception e) when (e is IOException or OsFaultException or StoreException)
            {
                Log.SampleFailed(logger, e.Message);
            }

            TimeSpan interval = TimeSpan.FromSeconds(intake.Current.Settings.TelemetryIntervalSeconds);
            await _changed.WaitAsync(interval, time, cancellation);
        }
    }
}
