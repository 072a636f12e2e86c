using MicroVm.ControlPlane.Abstractions.Rollouts;
using Orleans.Concurrency;

namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>One deployment; the key is its name. It tells devices what to run and computes its status from what they say.</summary>
public interface IDeploymentGrain : IGrainWithStringKey
{
    /// <summary>Creates the deployment or gives it a new revision, and tells the devices.</summary>
    /// <param name="spec">What is wanted, already checked.</param>
    /// <param name="expectedETag">The version that the caller knows; null for any or none.</param>
    Task<ApplyOutcome> ApplyAsync(DeploymentSpec spec, string? expectedETag);

    /// <summary>What <see cref="ApplyAsync"/> would do with any version; changes nothing.</summary>
    Task<ApplyOutcome> PreviewAsync(DeploymentSpec spec);

    /// <summary>Takes the deployment's VM from every device and forgets the deployment.</summary>
    /// <param name="expectedETag">The version that the caller knows; null for any.</param>
    Task<ApplyOutcome> DeleteAsync(string? expectedETag);

    /// <summary>Does what an operator wants with the rollout.</summary>
    Task<VerbOutcome> CommandAsync(RolloutVerb verb);

    /// <summary>The deployment and how far it is; null when there is none.</summary>
    Task<DeploymentSnapshot?> GetAsync();

    /// <summary>
    /// Somebody carries to a device that is away what it should run: it is told the revision whose rollout is complete, as it would be
    /// when it came back, but without regard to rate, windows and how many are on the way. Nothing happens for any other device or rollout.
    /// </summary>
    Task TellAbsentAsync(string device);

    /// <summary>Something about a device changed that may matter here: labels, presence, or what it reports.</summary>
    [OneWay]
    Task DeviceChangedAsync(string device);

    /// <summary>A secret has a new version; the devices are told when the deployment uses it.</summary>
    [OneWay]
    Task SecretChangedAsync(string secret);

    /// <summary>Finishes what a stop of the process may have cut off; changes nothing when there is nothing to finish.</summary>
    Task ReconcileAsync();

    /// <summary>Tells the watcher of changes; it has to be called again at least every <see cref="WatchLeaseSeconds"/>.</summary>
    Task WatchAsync(IDeploymentWatcher watcher);

    /// <summary>Stops telling the watcher.</summary>
    Task UnwatchAsync(IDeploymentWatcher watcher);

    /// <summary>Seconds that a watch lives without being renewed.</summary>
    const int WatchLeaseSeconds = 60;
}
