using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads names of deployments, VMs, volumes and secrets.</summary>
internal static class NameReader
{
    internal const string Rule = "a name, 1 to 63 characters of [a-z0-9-] that begins and ends with a letter or digit";

    /// <summary>The name in a field; null when it is wrong or absent.</summary>
    internal static ResourceName? Read(FieldReader reader, ManifestMap? map, string path, string name, bool isRequired = true) =>
        reader.Parsed(map, path, name, Rule, Parse, isRequired && map is not null);

    /// <summary>The names in a list; those that are wrong are left out.</summary>
    internal static IReadOnlyList<ResourceName> ReadList(FieldReader reader, ManifestMap map, string path, string name)
    {
        List<ResourceName> names = [];
        foreach ((string at, ManifestNode node) in reader.List(map, path, name, ManifestLimits.ListItems, "names"))
        {
            if (node is ManifestText text && Parse(text.Value) is ResourceName one)
            {
                names.Add(one);
            }
            else
            {
                reader.Fail(at, Rule, node);
            }
        }

        return names;
    }

    private static ResourceName? Parse(string text) => ResourceName.TryParse(text, out ResourceName name) ? name : null;
}
