namespace MicroVm.Vmm.Diagnostics;

/// <summary>The version of this program, without reading it from the assembly by reflection.</summary>
internal static class ProductVersion
{
    internal const string Text = "0.1.0";
}
