namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>One step of the schema. A step that was released is never changed; what comes later is a step of its own.</summary>
/// <param name="Version">Rises by one with each step, from 1.</param>
/// <param name="Sql">The statements.</param>
public sealed record Migration(int Version, string Sql);
