<?xml version="1.0" encoding="ISO-8859-1"?>
<sld:StyledLayerDescriptor version="1.0.0" xmlns:sld="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">
  <sld:NamedLayer>
    <sld:Name>Red de Agua</sld:Name>
    <sld:UserStyle>
      <sld:Title>Red de agua</sld:Title>
      <sld:FeatureTypeStyle>
        <sld:Rule>
          <sld:Title>Distribución norte</sld:Title>
          <ogc:Filter>
            <ogc:And>
              <ogc:PropertyIsLike wildCard="*" singleChar="?" escape="!"><ogc:PropertyName>zona</ogc:PropertyName><ogc:Literal>Norte*</ogc:Literal></ogc:PropertyIsLike>
              <ogc:Not><ogc:PropertyIsNull><ogc:PropertyName>diametro</ogc:PropertyName></ogc:PropertyIsNull></ogc:Not>
              <ogc:PropertyIsBetween><ogc:PropertyName>diametro</ogc:PropertyName><ogc:LowerBoundary><ogc:Literal>2</ogc:Literal></ogc:LowerBoundary><ogc:UpperBoundary><ogc:Literal>8</ogc:Literal></ogc:UpperBoundary></ogc:PropertyIsBetween>
            </ogc:And>
          </ogc:Filter>
          <sld:LineSymbolizer>
            <sld:Stroke>
              <sld:CssParameter name="stroke">#1f78b4</sld:CssParameter>
              <sld:CssParameter name="stroke-width">2</sld:CssParameter>
              <sld:CssParameter name="stroke-dasharray">8 4</sld:CssParameter>
              <sld:CssParameter name="stroke-linecap">round</sld:CssParameter>
            </sld:Stroke>
            <sld:PerpendicularOffset>3</sld:PerpendicularOffset>
          </sld:LineSymbolizer>
        </sld:Rule>
        <sld:Rule>
          <sld:Title>Resto</sld:Title>
          <ogc:ElseFilter/>
          <sld:LineSymbolizer uom="http://www.opengeospatial.org/se/units/metre">
            <sld:Stroke>
              <sld:CssParameter name="stroke">#a6cee3</sld:CssParameter>
              <sld:CssParameter name="stroke-width">4</sld:CssParameter>
            </sld:Stroke>
          </sld:LineSymbolizer>
        </sld:Rule>
        <sld:Rule>
          <sld:Title>Cerca del pozo</sld:Title>
          <ogc:Filter><ogc:DWithin><ogc:PropertyName>geom</ogc:PropertyName></ogc:DWithin></ogc:Filter>
          <sld:LineSymbolizer><sld:Stroke/></sld:LineSymbolizer>
        </sld:Rule>
      </sld:FeatureTypeStyle>
      <sld:FeatureTypeStyle>
        <sld:Rule>
          <sld:Title>Válvula</sld:Title>
          <sld:MaxScaleDenominator>10000</sld:MaxScaleDenominator>
          <sld:PointSymbolizer>
            <sld:Graphic>
              <sld:Mark>
                <sld:WellKnownName>triangle</sld:WellKnownName>
                <sld:Fill><sld:CssParameter name="fill">#ff7f00</sld:CssParameter></sld:Fill>
                <sld:Stroke><sld:CssParameter name="stroke">#000000</sld:CssParameter><sld:CssParameter name="stroke-width">2</sld:CssParameter></sld:Stroke>
              </sld:Mark>
              <sld:Opacity>0.5</sld:Opacity>
              <sld:Size><ogc:Literal>10</ogc:Literal></sld:Size>
              <sld:Rotation>45</sld:Rotation>
            </sld:Graphic>
          </sld:PointSymbolizer>
        </sld:Rule>
      </sld:FeatureTypeStyle>
    </sld:UserStyle>
  </sld:NamedLayer>
</sld:StyledLayerDescriptor>
