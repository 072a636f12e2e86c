namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>How many devices stand how.</summary>
/// <param name="Devices">All that are selected.</param>
/// <param name="Online">Connected ones.</param>
/// <param name="OnTheirWay">Told and not there yet.</param>
/// <param name="Away">Told and not waited for.</param>
/// <param name="Healthy">Ready for long enough.</param>
/// <param name="Failed">Failed ones.</param>
internal readonly record struct RolloutCounts(int Devices, int Online, int OnTheirWay, int Away, int Healthy, int Failed)
{
    /// <summary>Told ones that have come to an end.</summary>
    internal int Settled => Healthy + Failed;
}
