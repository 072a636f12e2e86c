namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>How results are written.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>For programs: the API's own documents.</summary>
    Json,
}
