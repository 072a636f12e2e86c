namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>The signal that asks an image's workload to stop; empty for SIGTERM, and in images from before until they are pushed again.</summary>
public static class M0008StopSignals
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(8, "ALTER TABLE image_platforms ADD COLUMN stop_signal TEXT NOT NULL DEFAULT ''");
}
