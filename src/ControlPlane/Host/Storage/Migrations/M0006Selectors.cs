namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>Selectors with conditions beside the labels that they name, in the selector language.</summary>
public static class M0006Selectors
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(6, "ALTER TABLE deployments ADD COLUMN conditions TEXT NOT NULL DEFAULT ''");
}
