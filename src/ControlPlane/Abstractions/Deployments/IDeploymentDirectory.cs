namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>Finds deployments without waking their grains. Durable when a task ends.</summary>
public interface IDeploymentDirectory
{
    /// <summary>All deployments, ordered by name.</summary>
    IReadOnlyList<DeploymentEntry> List();

    /// <summary>Whether there is a deployment of that name.</summary>
    bool Contains(string name);

    /// <summary>Adds a deployment or replaces what is known of it.</summary>
    Task PutAsync(DeploymentEntry entry);

    /// <summary>Forgets a deployment.</summary>
    Task RemoveAsync(string name);
}
