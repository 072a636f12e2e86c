namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>
/// Finds the events of a batch (those of the control plane, which have none, are left out), and a device's samples of VMs by their
/// arrival; nothing looks for them by their time any more.
/// </summary>
public static class M0014Retention
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(14, """
        CREATE INDEX events_batch ON events (batch) WHERE batch > 0;
        DROP INDEX vm_samples_device;
        CREATE INDEX vm_samples_device ON vm_samples (device, id);
        """);
}
