namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>What is known of a deployment without asking its grain.</summary>
/// <param name="Name">Its name.</param>
/// <param name="VmName">Name of its VM on devices.</param>
/// <param name="Selector">Which devices; matches none while the deployment is being deleted.</param>
/// <param name="Deleting">True while its VMs are being taken from devices.</param>
public sealed record DeploymentEntry(string Name, string VmName, LabelSelector Selector, bool Deleting)
{
    /// <summary>True when a device with these labels is to run it.</summary>
    public bool IsFor(IReadOnlyDictionary<string, string> labels) => !Deleting && Selector.Matches(labels);
}
