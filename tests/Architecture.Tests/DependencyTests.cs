namespace MicroVm.Architecture.Tests;

public sealed class DependencyTests
{
    /// <summary>What each product project may reference of ours. What is not here may not be.</summary>
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["MicroVm.Shared"] = [],
        ["MicroVm.Vmm"] = [],
        ["MicroVm.Vmm.Guest"] = ["MicroVm.Shared"],
        ["MicroVm.EdgeAgent"] = ["MicroVm.Shared"],
        ["MicroVm.ControlPlane.Abstractions"] = ["MicroVm.Shared"],
        ["MicroVm.ControlPlane.Grains"] = ["MicroVm.Shared", "MicroVm.ControlPlane.Abstractions"],
        ["MicroVm.ControlPlane.Host"] = ["MicroVm.Shared", "MicroVm.ControlPlane.Abstractions", "MicroVm.ControlPlane.Grains"],
        ["MicroVm.ControlPlane.Cli"] = ["MicroVm.Shared"],
    };

    /// <summary>Packages of the projects that are kept small: they run on every device, or inside every VM.</summary>
    private static readonly Dictionary<string, string[]> s_packages = new()
    {
        ["MicroVm.Shared"] = ["System.Formats.Cbor", "System.Security.Cryptography.Cose"],
        ["MicroVm.Vmm"] = [],
        ["MicroVm.Vmm.Guest"] = [],
    };

    private static IEnumerable<ProjectFile> Product => SourceTree.Projects.Where(static project => project.Path.StartsWith("src/", StringComparison.Ordinal));

    [Fact]
    public void ProductProjects_AreAllKnown() =>
        Assert.Equal(s_allowed.Keys.Order(StringComparer.Ordinal), Product.Select(static project => project.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void ProductProjects_ReferenceOnlyWhatTheyMay() => Violations.AssertNone(
        Product.SelectMany(static project => project.References.Except(s_allowed.GetValueOrDefault(project.Name, [])).Select(reference => $"{project.Name} references {reference}")));

    [Fact]
    public void SmallProjects_UseOnlyTheirPackages() => Violations.AssertNone(
        Product.Where(static project => s_packages.ContainsKey(project.Name))
            .SelectMany(static project => project.Packages.Except(s_packages[project.Name]).Select(package => $"{project.Name} uses {package}")));

    [Fact]
    public void Product_NeverReferencesTests() => Violations.AssertNone(
        Product.Where(static project => project.References.Any(static reference => reference.Contains("Test", StringComparison.Ordinal))).Select(static project => project.Name));

    /// <summary>A device reaches the guest through memory and bus, and raises interrupts through a line: it runs on any hypervisor.</summary>
    [Fact]
    public void Devices_DoNotKnowKvm() => Violations.AssertNone(Violations.In(
        SourceTree.Product.Where(static file => file.Path.StartsWith("src/Vmm/Devices/", StringComparison.Ordinal)),
        @"\bVmm\.Kvm\b|\bInterop\.Kvm\b|\bKvm(Vm|Vcpu|System)\b"));
}
