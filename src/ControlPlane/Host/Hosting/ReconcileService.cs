using MicroVm.ControlPlane.Abstractions.Deployments;

namespace MicroVm.ControlPlane.Host.Hosting;

/// <summary>At start, has every deployment finish what a stop of the process may have cut off.</summary>
internal sealed class ReconcileService(IGrainFactory grains, IDeploymentDirectory deployments, ILogger<ReconcileService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (DeploymentEntry entry in deployments.List())
        {
            if (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await grains.GetGrain<IDeploymentGrain>(entry.Name).ReconcileAsync();
            }
            catch (Exception e)
            {
                HostLog.ReconcileFailed(logger, entry.Name, e);
            }
        }
    }
}
