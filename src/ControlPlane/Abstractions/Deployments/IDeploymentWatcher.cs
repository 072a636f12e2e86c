using Orleans.Concurrency;

namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>Hears that a deployment changed; what it is now has to be asked for.</summary>
public interface IDeploymentWatcher : IGrainObserver
{
    /// <summary>The deployment or its status is not what it was.</summary>
    [OneWay]
    Task ChangedAsync();
}
