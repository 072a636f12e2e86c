namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>Finds the events of a batch; those of the control plane, which have none, are left out.</summary>
public static class M0014EventsOfBatches
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(14, "CREATE INDEX events_batch ON events (batch) WHERE batch > 0");
}
